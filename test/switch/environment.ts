/** What the suite is told by environment variables; docs/switch-tests.md tells of them. */
export interface SwitchEnvironment {
  /** Where the event socket is. */
  readonly host: string
  readonly port: number
  readonly password: string
  readonly url: string
  /** Port where Tandem listens while the suite runs: the one that mod_xml_curl's gateway-url names. */
  readonly tandemPort: number
  /** Command that kills the switch hard and starts it again; without one the switch is asked to restart itself. */
  readonly restartCommand: string | undefined
}

/** Reads the environment; throws when there is no switch to run against. */
export function switchEnvironment(env: NodeJS.ProcessEnv = process.env): SwitchEnvironment {
  const url = env.TANDEM_SWITCH_URL ?? ''
  if (url === '') throw new Error('TANDEM_SWITCH_URL is not set: these tests need a real FreeSWITCH')
  const parsed = new URL(url)
  return {
    url,
    host: parsed.hostname,
    port: Number(parsed.port || 8021),
    password: decodeURIComponent(parsed.password),
    tandemPort: Number(env.TANDEM_TEST_PORT ?? 8080),
    restartCommand: env.TANDEM_TEST_RESTART,
  }
}
