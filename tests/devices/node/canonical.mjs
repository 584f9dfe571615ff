// Canonical JSON, read and written from docs/door-protocol.md section 4 alone.

const LARGEST = Number.MAX_SAFE_INTEGER
const ESCAPED = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' }

export function encode(value) {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return `"${[...value].map(written).join('')}"`
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  const keys = Object.keys(value).sort() // keys are ASCII: 4.3
  return `{${keys.map((key) => `${encode(key)}:${encode(value[key])}`).join(',')}}`
}

function written(character) {
  if (ESCAPED[character]) return ESCAPED[character]
  const code = character.codePointAt(0)
  return code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : character
}

/** The value in these bytes, or null when they are not its one permitted spelling. */
export function decode(bytes) {
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value = JSON.parse(text)
    if (value === null || typeof value !== 'object' || Array.isArray(value) || !permitted(value, 1)) return null
    return encode(value) === text ? value : null // 4.7; of repeated keys the last is left, so the texts differ
  } catch {
    return null
  }
}

function permitted(value, depth) {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) <= LARGEST && !Object.is(value, -0)
  if (typeof value === 'string') return value.isWellFormed()
  if (depth > 8) return false
  if (Array.isArray(value)) return value.every((each) => permitted(each, depth + 1))
  return Object.entries(value).every(([key, each]) => /^[a-z0-9_]{1,32}$/.test(key) && permitted(each, depth + 1))
}
