// What a door decides and takes: docs/door-protocol.md 6.2, 7.4, 7.7, 7.12, 9, 10.3, 10.9.

export const uncertainty = (ageS) => (ageS < 86400 ? 0 : Math.ceil((ageS * 20) / 1000000))

const compare = (one, other) => one.epoch - other.epoch || one.version - other.version

export function judgeList(held, offered, door) {
  if (door.clock === 'synced' && offered.iat > door.now + 300) return 'future_iat'
  if (offered.rights > door.most_rights) return 'too_many_rights'
  if (held === null || compare(offered, held) > 0) return 'applied'
  if (compare(offered, held) < 0) return 'lower_version'
  return offered.hash === held.hash ? 'repeated' : 'version_conflict'
}

export function judgeMode(held, offered, door) {
  if (door.clock === 'synced' && offered.iat > door.now + 300) return 'future_iat'
  if (held === null || compare(offered, held) > 0) return 'applied'
  if (compare(offered, held) < 0) return 'lower_version'
  return offered.mode === held.mode ? 'repeated' : 'version_conflict'
}

export class Pages {
  constructor(mostRights, hash) {
    Object.assign(this, { mostRights, hash, held: null, awaited: null, parts: new Map() })
  }

  list(body) {
    const newest = this.awaited ?? this.held
    const order = newest === null ? 1 : compare(body, newest)
    if (order < 0) return 'lower_version'
    if (order === 0) {
      if (this.hash(body) !== this.hash(newest)) return 'version_conflict'
      return this.awaited ? 'awaited' : 'repeated'
    }
    this.parts.clear()
    this.awaited = body.pages === null ? null : body
    if (this.awaited) return 'awaited'
    this.held = body
    return 'applied'
  }

  page(body) {
    if (this.awaited === null || compare(body, this.awaited) !== 0) return 'unasked'
    if (this.awaited.pages[body.page - 1] !== this.hash(body)) return 'page_mismatch'
    this.parts.set(body.page, body.rights.length)
    if ([...this.parts.values()].reduce((sum, each) => sum + each, 0) > this.mostRights) {
      this.awaited = null
      return 'too_many_rights'
    }
    if (this.parts.size < this.awaited.pages.length) return 'awaited'
    this.held = this.awaited
    this.awaited = null
    return 'applied'
  }
}

export function judgeCommand(door, sent) {
  const u = door.clock === 'unknown' ? 0 : door.uncertainty_s
  if (sent.counter <= door.last_counter) return 'old_counter'
  if (sent.cmd === 'set_time' || door.clock === 'unknown') {
    return [door.challenge, door.previous_challenge].includes(sent.nonce) ? 'accepted' : 'bad_challenge'
  }
  if (sent.exp - sent.iat > 30 || door.now >= sent.exp + u || sent.iat < door.now - 30 - u) return 'expired'
  return sent.iat > door.now + 30 + u ? 'future_iat' : 'accepted'
}

export function changeKeys(held, order, signer) {
  const same = held.find((each) => each.kid === order.kid)
  if (order.cmd === 'drop_key') {
    if (order.kid === signer) return ['key_in_use', held]
    return ['dropped', held.filter((each) => each.kid !== order.kid)]
  }
  if (same) return [same.key === order.key ? 'trusted' : 'key_conflict', held]
  const gone = held.length < 3 ? null : held.find((each) => each.kid !== signer)
  return ['trusted', [...held.filter((each) => each !== gone), { kid: order.kid, key: order.key }]]
}

export class Keypad {
  wrong = []
  until = -Infinity

  tried(what, at) {
    if (what === 'card') return 'granted'
    if (at < this.until) return 'locked_out'
    if (what === 'early') return 'too_early'
    if (what === 'right') {
      this.wrong = []
      return 'granted'
    }
    this.wrong = [...this.wrong.filter((each) => at - each <= 300000), at]
    if (this.wrong.length === 5) {
      this.wrong = []
      this.until = at + 60000
    }
    return 'unknown_credential'
  }
}

// --- the decision: section 9 ---

const covers = (span, now, u) => span.from === null || (span.from - Math.min(u, 60) <= now && now + u < span.until)
const has = (name) => (right) => right.flags.includes(name)

export function decide({ list, mode, presented, clock, mono_ms: mono, state }) {
  const unknown = clock.state === 'unknown'
  const u = unknown ? 0 : clock.uncertainty_s
  const now = clock.now
  const denied = (reason) => ({ outcome: 'denied', reason, right: null, notes: [], after: state })
  const open = (reason) => ({ outcome: 'granted', reason, right: null, notes: [], after: state })
  const window = list && !unknown ? list.free.find((each) => covers(each, now, u)) : undefined

  let rights = list === null ? [] : list.rights.filter((each) => each.cred === presented.cred && each.kind === presented.kind)
  if (mode === 'lockdown') rights = rights.filter(has('survives_lockdown'))

  if (state.fire) return open('fire')
  if (mode === 'lockdown' && rights.length === 0) return denied('lockdown')
  if (mode === 'free' || (mode === 'normal' && window && (!window.first_in || state.armed))) return open('free')
  if (list === null) return denied('no_list')
  if (presented.kind === 'pin' && state.locked_out) return denied('locked_out')
  if (rights.length === 0) return denied('unknown_credential')
  if (now + u >= list.not_after) rights = rights.filter(has('survives_stale'))
  if (rights.length === 0) return denied('list_stale')
  if (unknown) rights = rights.filter((each) => each.from === null)
  if (rights.length === 0) return denied('clock_unknown')
  const covering = rights.filter((each) => covers(each, now, u))
  if (covering.length === 0) {
    if (rights.some((each) => each.from <= now && now < each.until)) return denied('clock_uncertain')
    return denied(rights.some((each) => now < each.from) ? 'too_early' : 'expired')
  }
  const left = covering.filter((each) => each.uses === null || (state.used[each.id] ?? 0) < each.uses)
  if (left.length === 0) return denied('used_up')
  const end = (each) => each.until ?? Infinity
  const right = left.reduce((best, each) =>
    end(each) > end(best) || (end(each) === end(best) && each.id < best.id) ? each : best,
  )
  return byRules({ list, mode, presented, mono, state, unknown, window, right, denied })
}

function byRules({ list, mode, presented, mono, state, unknown, window, right, denied }) {
  const { rules } = list
  const pending = (reason, after) => ({ outcome: 'pending', reason, right: right.id, notes: [], after })
  if (rules.interlock && state.interlock_open) return denied('interlock')
  const back = rules.apb !== null && !has('exempt_apb')(right) && comesBack(rules.apb, presented.reader, right.holder, mono, state)
  if (back && rules.apb.kind !== 'soft') return denied('passback')

  let mine = {
    holder: right.holder,
    kind: presented.kind,
    reader: presented.reader,
    mono_ms: mono,
    rights: [right.id],
    marks: [...right.flags, ...(back ? ['passback'] : [])],
  }
  let after = state
  const inTime = (first, within) => first && first.reader === mine.reader && mono - first.mono_ms <= within
  if (rules.factors === 2) {
    const first = state.factor
    if (!inTime(first, 10000) || first.holder !== mine.holder || first.kind === mine.kind) {
      return pending('second_factor', { ...state, factor: mine })
    }
    mine = { ...mine, rights: [...first.rights, ...mine.rights], marks: [...first.marks, ...mine.marks] }
    after = { ...state, factor: null }
  }
  let party = [mine]
  if (rules.two_person_s > 0) {
    const first = state.person
    if (!inTime(first, rules.two_person_s * 1000) || first.holder === mine.holder) {
      return pending('second_person', { ...after, person: mine })
    }
    party = [first, mine]
  }
  const marks = party.flatMap((each) => each.marks)
  const arms = mode === 'normal' && window !== undefined && window.first_in && marks.includes('first_in')
  const notes = [
    ['clock_unknown', unknown],
    ['duress', marks.includes('duress')],
    ['first_in', arms],
    ['passback', marks.includes('passback')],
  ]
  return {
    outcome: 'granted',
    reason: 'granted',
    right: right.id,
    notes: notes.filter(([, holds]) => holds).map(([note]) => note),
    after: remembered(list, presented.reader, mono, state, party, arms),
  }
}

function comesBack(apb, reader, holder, mono, state) {
  if (apb.kind === 'timed') {
    const before = state.granted_ms[holder]
    return reader === 'in' && before !== undefined && mono - before < apb.minutes * 60000
  }
  return (reader === 'in') === state.inside.includes(holder)
}

function remembered(list, reader, mono, state, party, arms) {
  const apb = list.rules.apb
  const holders = party.map((each) => each.holder)
  const used = { ...state.used }
  for (const id of new Set(party.flatMap((each) => each.rights))) {
    if (list.rights.some((each) => each.id === id && each.uses !== null)) used[id] = (used[id] ?? 0) + 1
  }
  let { inside, granted_ms } = state
  if (apb && apb.kind !== 'timed') {
    inside = inside.filter((each) => !holders.includes(each))
    if (reader === 'in') inside = [...inside, ...holders]
  }
  if (apb && apb.kind === 'timed') granted_ms = { ...granted_ms, ...Object.fromEntries(holders.map((each) => [each, mono])) }
  return { ...state, used, inside, granted_ms, armed: state.armed || arms, factor: null, person: null }
}
