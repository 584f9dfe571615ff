// Which keys, types and bounds bodies have: docs/door-protocol.md 5.1, 7, 10.1, 11.7.

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
const integer = (low, high = Number.MAX_SAFE_INTEGER) => (value) => Number.isInteger(value) && value >= low && value <= high
const text = (pattern) => (value) => typeof value === 'string' && pattern.test(value)
const oneOf = (...choices) => (value) => choices.includes(value)
const flag = (value) => typeof value === 'boolean'
const maybe = (fits) => (value) => value === null || fits(value)
const ascending = (values) => values.every((value, n) => n === 0 || values[n - 1] < value)
const exactly = (shape) => (value) =>
  isObject(value) &&
  Object.keys(value).length === Object.keys(shape).length &&
  Object.entries(shape).every(([key, fits]) => Object.hasOwn(value, key) && fits(value[key]))
const many = (least, most, fits) => (value) =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every(fits)
const hex = (digits) => text(new RegExp(`^[0-9a-f]{${digits}}$`))

const FLAGS = ['duress', 'exempt_apb', 'first_in', 'long_open', 'survives_lockdown', 'survives_stale']
const id = text(/^[a-z0-9-]{1,40}$/)
const commandId = text(/^[a-z0-9-]{1,64}$/)
const kid = text(/^[a-z0-9-]{1,32}$/)
const version = { epoch: integer(1), version: integer(1) }

const envelope = {
  v: integer(0),
  kid,
  topic: text(/^/),
  counter: integer(0),
  iat: integer(0),
  exp: integer(0),
  nonce: hex(32),
  body: isObject,
}
export const toDoor = exactly({ ...envelope, sig: hex(128) })
export const toService = exactly({ ...envelope, sig: hex(64) })

const rightKeys = exactly({
  id,
  cred: hex(64),
  kind: oneOf('card', 'pin'),
  from: maybe(integer(0)),
  until: maybe(integer(0)),
  flags: (value) => many(0, 6, oneOf(...FLAGS))(value) && ascending(value),
  holder: id,
  uses: maybe(integer(1, 1000)),
})
const right = (value) =>
  rightKeys(value) && (value.from === null) === (value.until === null) && (value.from === null || value.from < value.until)
const rights = (value) => many(0, 1500, right)(value) && ascending(value.map((each) => each.id))
const windowKeys = exactly({ from: integer(0), until: integer(0), first_in: flag })
const free = (value) =>
  many(0, 200, (each) => windowKeys(each) && each.from < each.until)(value) &&
  value.every((each, n) => n === 0 || value[n - 1].until <= each.from)
const rules = exactly({
  apb: maybe(exactly({ kind: oneOf('hard', 'soft', 'timed'), minutes: integer(0, 1440) })),
  factors: integer(1, 2),
  interlock: flag,
  two_person_s: (value) => value === 0 || integer(5, 60)(value),
  long_open_s: integer(1, 86400),
})
const listKeys = exactly({
  ...version,
  issued: integer(0),
  not_after: integer(1),
  unlock_s: integer(1, 600),
  held_open_s: integer(1, 86400),
  rights,
  rules,
  free,
  pages: maybe(many(1, 99, hex(64))),
})
const list = (value) =>
  listKeys(value) && value.not_after > value.issued && !(value.pages !== null && value.rights.length > 0)

const commands = {
  open: { unlock_s: integer(1, 600), reason: text(/^[a-z0-9_]{1,40}$/), override: flag },
  set_time: { at_ms: integer(0) },
  forgive: { holder: maybe(id) },
  fire_reset: {},
  trust: { kid, key: hex(64) },
  drop_key: { kid },
}

/** ok, bad_body or unknown_command: check 9 of 5.3 at a door. */
export function body(ending, value) {
  if (ending === 'cmd') {
    if (typeof value.cmd !== 'string') return 'bad_body'
    if (!Object.hasOwn(commands, value.cmd)) return 'unknown_command'
    const keys = exactly({ cmd: oneOf(value.cmd), id: commandId, ...commands[value.cmd] })
    return keys(value) ? 'ok' : 'bad_body'
  }
  const [what, page] = ending.split('/')
  const fits = {
    desired: page === undefined ? list : exactly({ ...version, page: (n) => String(n) === page && n >= 1 && n <= 99, rights }),
    mode: exactly({ ...version, issued: integer(0), mode: oneOf('normal', 'free', 'locked', 'lockdown') }),
    ev: exactly({ boot_epoch: integer(1), seq: integer(1) }),
  }[what]
  return fits !== undefined && fits(value) ? 'ok' : 'bad_body'
}
