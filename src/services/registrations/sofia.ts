import { command } from '../../esl/index.ts'

/** `sofia jsonstatus`: every profile with its gateways, properly escaped (facts 4). */
export const sofiaStatus = command('sofia', 'jsonstatus')

/** A gateway as sofia has it loaded. */
export interface LoadedGateway {
  readonly profile: string
  /** REGED, NOREG, FAIL_WAIT… */
  readonly state: string
}

/** What of sofia's status is used here. */
export interface SofiaStatus {
  /** Names of profiles that run; aliases are not among them. */
  readonly profiles: readonly string[]
  /** Gateways by name, in lower case: FusionPBX names them by UUID. */
  readonly gateways: ReadonlyMap<string, LoadedGateway>
}

type Json = Readonly<Record<string, unknown>>

const objectIn = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Reads `sofia jsonstatus`; undefined for a text that is none (`-ERR …`, an old version's usage). */
export function readSofiaStatus(text: string): SofiaStatus | undefined {
  let status: Json
  try {
    status = objectIn(JSON.parse(text))
  } catch {
    return undefined
  }
  if (!Object.hasOwn(status, 'profiles')) return undefined
  const profiles: string[] = []
  const gateways = new Map<string, LoadedGateway>()
  for (const [profile, value] of Object.entries(objectIn(status.profiles))) {
    const { type, state } = objectIn(objectIn(value).status)
    if (textIn(type) === 'alias') continue
    if (textIn(state).startsWith('RUNNING')) profiles.push(profile)
    for (const [name, gateway] of Object.entries(objectIn(objectIn(value).gateways)))
      gateways.set(name.toLowerCase(), { profile, state: textIn(objectIn(gateway).state) })
  }
  return { profiles, gateways }
}
