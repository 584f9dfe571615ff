// A second verifier of the door protocol, in another language, written from docs/door-protocol.md alone.
// Needs node and nothing else:  node verify.mjs ../../../docs/vectors/door-protocol.json [MESSAGES.json]
// MESSAGES.json: {"keys": as in the vectors, "envelopes": […], "lists": [{"body","hash"}], "chains": [[event, …]]}

import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { decode, encode } from './canonical.mjs'
import { changeKeys, decide, judgeCommand, judgeList, judgeMode, Keypad, Pages, uncertainty } from './door.mjs'
import * as shapes from './shapes.mjs'

const NEVER_RETAINED = ['cmd', 'ev/ack', 'cmd/rsp', 'ev']
const NO_EVENT = '0'.repeat(64)
const hash = (value) => createHash('sha256').update(encode(value)).digest('hex')
const hmac = (key, text) => createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest()

const results = { checked: 0, failed: [] }
function expect(what, got, wanted) {
  results.checked += 1
  if (encode(got) !== encode(wanted)) results.failed.push({ what, got, wanted })
}

/** ok, or the refusal code of the first of checks 1 to 9 that fails (5.3). */
function opened({ payload, topic, retained, receiver }, keys) {
  const atDoor = receiver === 'door'
  const ending = topic.split('/').slice(4).join('/')
  const bytes = Buffer.from(payload, 'utf8')
  if (bytes.length > (ending.split('/')[0] === 'desired' ? 262144 : 65536)) return 'too_big'
  const found = decode(bytes)
  if (found === null) return 'not_canonical'
  if (!(atDoor ? shapes.toDoor : shapes.toService)(found)) return 'bad_envelope'
  const { sig, ...unsigned } = found
  if (unsigned.v !== 1) return 'bad_version'
  if (unsigned.topic !== topic) return 'wrong_topic'
  const signed = (to) => Buffer.from(`vuoro-door-v1:to-${to}\n${encode(unsigned)}`, 'utf8')
  if (atDoor) {
    const key = keys.service_keys[unsigned.kid]
    if (key === undefined) return 'unknown_key'
    const x = Buffer.from(key, 'hex').toString('base64url')
    const known = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    if (!verify(null, signed('door'), known, Buffer.from(sig, 'hex'))) return 'bad_signature'
  } else {
    if (unsigned.kid !== keys.link_kid) return 'unknown_key'
    if (!timingSafeEqual(hmac(keys.link_key, signed('service')), Buffer.from(sig, 'hex'))) return 'bad_signature'
  }
  if (retained && NEVER_RETAINED.includes(ending)) return 'retained'
  return atDoor ? shapes.body(ending, unsigned.body) : 'ok'
}

function chain(name, events) {
  let prev = NO_EVENT
  events.forEach((event, n) => {
    expect(`${name} ${n}`, n === 0 && event.prev !== NO_EVENT && event.seq !== 1 ? prev : event.prev, prev)
    prev = hash(event)
  })
}

const said = ({ outcome, reason, right, notes }) => ({ outcome, reason, right, notes })

const vectors = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const { value, text } of vectors.canonical.accepted) {
  expect(`canonical ${text}`, [encode(value), decode(Buffer.from(text))], [text, value])
}
for (const text of vectors.canonical.refused) expect(`refused ${text}`, decode(Buffer.from(text)), null)
for (const { normal, hash: wanted } of vectors.credentials) {
  expect(normal, hmac(vectors.keys.credential_key, normal).toString('hex'), wanted)
}
for (const each of vectors.envelopes) expect(each.name, opened(each, vectors.keys), each.expect)
expect('list hash', hash(vectors.list_hash.body), vectors.list_hash.hash)
for (const each of vectors.lists) expect(each.name, judgeList(each.held, each.offered, each.door), each.expect)
for (const each of vectors.modes) expect(each.name, judgeMode(each.held, each.offered, each.door), each.expect)
for (const each of vectors.commands) expect(each.name, judgeCommand(each.door, each.sent), each.expect)
for (const each of vectors.trust) {
  const [code, keys] = changeKeys(each.held, each.order, each.signed_by)
  expect(each.name, [code, ...keys.map((key) => key.kid)], [each.expect, ...each.kids])
}
for (const [name, body] of Object.entries(vectors.pages.messages)) expect(name, hash(body), vectors.pages.hashes[name])
for (const run of vectors.pages.runs) {
  const door = new Pages(run.most_rights, hash)
  for (const { message, expect: wanted } of run.steps) {
    const body = vectors.pages.messages[message]
    expect(`${run.name}: ${message}`, 'page' in body ? door.page(body) : door.list(body), wanted)
  }
}
for (const each of vectors.decisions.cases) {
  const list = each.list && { ...vectors.decisions.example, ...each.changed }
  expect(each.name, said(decide({ ...each, list })), each.expect)
}
for (const run of vectors.decision_runs) {
  const list = { ...vectors.decisions.example, ...run.changed }
  let state = { ...vectors.decisions.cases[0].state }
  for (const step of run.steps) {
    const clock = { state: 'synced', now: step.now, uncertainty_s: 0 }
    const found = decide({ ...step, list, mode: run.mode, clock, state })
    expect(`${run.name} at ${step.mono_ms}`, said(found), step.expect)
    state = found.after
  }
}
for (const run of vectors.lockout) {
  const keypad = new Keypad()
  for (const step of run.steps) expect(`${run.name} at ${step.mono_ms}`, keypad.tried(step.try, step.mono_ms), step.expect)
}
chain('event', vectors.events.map((each) => each.event))
for (const each of vectors.events) expect('event hash', hash(each.event), each.hash)
for (const each of vectors.time) expect(`age ${each.age_s}`, uncertainty(each.age_s), each.uncertainty_s)

if (process.argv[3]) {
  const made = JSON.parse(readFileSync(process.argv[3], 'utf8'))
  for (const each of made.envelopes) expect(each.name, opened(each, made.keys), each.expect)
  for (const each of made.lists) expect('list', hash(each.body), each.hash)
  made.chains.forEach((events, n) => chain(`chain ${n}`, events))
}
console.log(JSON.stringify(results))
process.exitCode = results.failed.length === 0 ? 0 : 1
