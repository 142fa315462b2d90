import { setTimeout } from 'node:timers/promises'
import { connectionFailed } from '../../adapters/switch/switch.ts'
import { Problem } from '../../errors.ts'
import { command, sendEvent } from '../../esl/index.ts'
import type { Reach } from '../../operations/scope.ts'
import { isProfileName } from './profiles.ts'
import type { Registration } from './registration.ts'
import type { RegistrationService } from './registrations.ts'

/** What a user and a domain may hold in a command; a phone can register with nothing else that exists. */
const userForm = /^[A-Za-z0-9*#+._-]{1,64}$/
const hostForm = /^[A-Za-z0-9._-]{1,253}$/

/** Milliseconds until sofia has forgotten a phone. */
const forgottenMs = 1000
const stepMs = 25

/** Phones of one user that the caller may touch, once for each node and profile; NOT_FOUND when there is none. */
async function phonesOf(service: RegistrationService, reach: Reach, user: string): Promise<Registration[]> {
  const { registrations } = await service.list(reach)
  const phones = registrations.filter(
    (phone) =>
      phone.user === user && userForm.test(phone.user) && hostForm.test(phone.domain) && isProfileName(phone.profile),
  )
  if (phones.length === 0) throw new Problem('NOT_FOUND', { message: 'Registration not found' })
  return phones
}

/** The first phone of each place where something has to be said. */
const places = (phones: readonly Registration[], key: (phone: Registration) => string): Registration[] => [
  ...new Map(phones.map((phone) => [`${phone.node} ${phone.profile} ${phone.domain} ${key(phone)}`, phone])).values(),
]

/**
 * Makes sofia forget every phone of a user; answers how many. By address and never by Call-ID: the switch takes a
 * Call-ID that is a domain's name for the whole domain. It says `+OK` whether anything matched or not (facts 2), so the
 * list is read again.
 */
export async function unregister(service: RegistrationService, reach: Reach, user: string): Promise<number> {
  const phones = await phonesOf(service, reach, user)
  for (const { node: name, profile, domain } of places(phones, () => '')) {
    const node = service.port.nodes.find((candidate) => candidate.name === name)
    if (!node) continue
    await node.api(command('sofia', 'profile', profile, 'flush_inbound_reg', `${user}@${domain}`)).catch((error) => {
      throw connectionFailed(service.port, error)
    })
  }
  for (const until = performance.now() + forgottenMs; ; await setTimeout(stepMs)) {
    service.forget()
    const { registrations } = await service.list(reach)
    const known = new Set(phones.map((phone) => phone.callId))
    if (!registrations.some((phone) => phone.user === user && known.has(phone.callId))) return phones.length
    if (performance.now() > until)
      throw new Problem('CALL_REFUSED', { message: 'FreeSWITCH accepted the order, but the phone is still registered' })
  }
}

/** Words that make a phone fetch its configuration, or start anew, by make; most know the first pair. */
const notices: readonly [agent: RegExp, sync: string, reboot: string][] = [
  [/linksys|\bspa\d|cisco\/spa/i, 'resync', 'reboot'],
  [/./s, 'check-sync;reboot=false', 'check-sync;reboot=true'],
]

function noticeFor(agent: string, reboot: boolean): string {
  const [, sync, restart] = notices.find(([pattern]) => pattern.test(agent)) ?? notices[1] ?? ['', '', '']
  return reboot ? restart : sync
}

/**
 * Tells a user's phones to fetch their configuration, or to start anew. Sofia sends a NOTIFY; whether a phone obeys
 * cannot be known. Answers how many notices were sent.
 */
export async function notify(
  service: RegistrationService,
  reach: Reach,
  user: string,
  reboot: boolean,
): Promise<number> {
  const phones = await phonesOf(service, reach, user)
  const told = places(phones, ({ agent }) => noticeFor(agent, reboot))
  for (const { node: name, profile, domain, agent } of told) {
    const node = service.port.nodes.find((candidate) => candidate.name === name)
    const event = sendEvent('NOTIFY', {
      profile,
      user,
      host: domain,
      'event-string': noticeFor(agent, reboot),
      'content-type': 'application/simple-message-summary',
    })
    await node?.send(event).catch((error) => {
      throw connectionFailed(service.port, error)
    })
  }
  return phones.length
}
