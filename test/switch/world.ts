import assert from 'node:assert/strict'
import { exec } from 'node:child_process'
import { connect } from 'node:net'
import { command, EslClient, rest } from '../../src/esl/index.ts'
import { type SwitchEnvironment, switchEnvironment } from './environment.ts'
import { Phone } from './phone.ts'
import { ours, type RunningTandem, startTandem } from './tandem.ts'

/** A SIP address where a profile of the switch listens. */
export interface SipServer {
  readonly host: string
  readonly port: number
}

/** A real switch, a Tandem beside it, and phones. Everything made here is gone at its end. */
export class World {
  readonly environment: SwitchEnvironment
  readonly tandem: RunningTandem
  /** Our own connection to the switch, beside Tandem's: the suite's own eyes. */
  readonly esl: EslClient
  /** Where phones register, and where carriers call. */
  readonly internal: SipServer
  readonly external: SipServer
  readonly #phones: Phone[] = []

  private constructor(
    environment: SwitchEnvironment,
    tandem: RunningTandem,
    esl: EslClient,
    profiles: { internal: SipServer; external: SipServer },
  ) {
    this.environment = environment
    this.tandem = tandem
    this.esl = esl
    this.internal = profiles.internal
    this.external = profiles.external
  }

  /** Opens the world: the switch is asked where it listens, and Tandem is started with SIP profiles on the same ports. */
  static async open(): Promise<World> {
    const environment = switchEnvironment()
    const esl = new EslClient(environment).start()
    await esl.ready(10_000)
    const profiles = { internal: await profileAt(esl, 'internal'), external: await profileAt(esl, 'external') }
    const tandem = await startTandem(environment, async (sql) => {
      for (const [name, { port }] of Object.entries(profiles)) {
        await sql(profileSetting, [name, 'sip-port', String(port)])
      }
      await sql(`update v_sip_profiles set sip_profile_enabled = 'false' where sip_profile_name like '%-ipv6'`)
    })
    const world = new World(environment, tandem, esl, profiles)
    await world.#forgetPhones()
    await world.eventually('Tandem reaches the switch', async () => {
      const { json } = await tandem.call('GET', '/readyz')
      return json.parts.switch.status === 'ok'
    })
    return world
  }

  /** What an earlier run left registered would count against an extension's number of phones. */
  async #forgetPhones(): Promise<void> {
    const none = async () => !(await this.api('sofia', 'xmlstatus profile internal reg')).includes('<registration>')
    if (await none()) return
    await this.api('sofia', 'profile internal flush_inbound_reg')
    await this.eventually('nobody is registered', none)
    // The switch works the flush off by and by, and would take a phone with it that registers meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }

  /** One API command, past Tandem. */
  async api(name: string, text = ''): Promise<string> {
    await this.esl.ready(15_000)
    return this.esl.api(text === '' ? command(name) : command(name, rest(text)))
  }

  /** An extension made over the API. */
  async extension(number: string, domain = ours, fields: Record<string, unknown> = {}): Promise<ExtensionAccount> {
    const password = `Pw-${number}-${Math.random().toString(36).slice(2)}Aa1`
    const body = { extension: number, password, effective_caller_id_name: `Ext ${number}`, ...fields }
    const { status, json } = await this.tandem.call('POST', '/api/v1/extensions', body, domain)
    assert.equal(status, 201, JSON.stringify(json))
    return { number, domain, password, uuid: json.data.extension_uuid }
  }

  /** A phone with an account, not registered yet. */
  async phone(account: Pick<ExtensionAccount, 'number' | 'domain' | 'password'>, name?: string): Promise<Phone> {
    const { number: user, domain, password } = account
    const phone = await Phone.open({
      user,
      domain,
      password,
      server: this.internal,
      displayName: name ?? `Phone ${user}`,
    })
    this.#phones.push(phone)
    return phone
  }

  /** An extension made over the API with a phone that has registered with it. */
  async registered(number: string, domain = ours, name?: string): Promise<Phone> {
    const phone = await this.phone(await this.extension(number, domain), name)
    assert.equal(await phone.register(), 200, `${number}@${domain} registers`)
    return phone
  }

  /** Calls in progress of a tenant, as v1 shows them. */
  async calls(domain = ours): Promise<CallRow[]> {
    const { status, json } = await this.tandem.call('GET', '/api/v1/active-calls', undefined, domain)
    assert.equal(status, 200, JSON.stringify(json))
    return json.data
  }

  /** Waits until something holds; fails with its name. Gives how many milliseconds it took. */
  async eventually(what: string, holds: () => Promise<boolean>, timeoutMs = 10_000, everyMs = 20): Promise<number> {
    const started = Date.now()
    for (;;) {
      if (await holds()) return Date.now() - started
      if (Date.now() - started > timeoutMs) assert.fail(`not within ${timeoutMs} ms: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }

  /** Nothing in progress any more, neither on the switch nor here. */
  async quiet(): Promise<void> {
    await this.api('hupall')
    await this.eventually('all calls are over', async () => {
      const rows = JSON.parse(await this.api('show', 'channels count as json'))
      return rows.row_count === 0
    })
  }

  /** Kills the switch and starts it again, and waits until it answers. */
  async restartSwitch(): Promise<void> {
    const { restartCommand } = this.environment
    const before = await this.api('global_getvar', 'core_uuid')
    if (restartCommand === undefined) await this.api('fsctl', 'shutdown restart asap')
    else await shell(restartCommand)
    await this.eventually('the switch is up again', () => this.#isNew(before), 60_000, 250)
  }

  async #isNew(before: string): Promise<boolean> {
    if (!(await greets(this.environment))) return false
    const uuid = await this.api('global_getvar', 'core_uuid').catch(() => before)
    return uuid !== before && (await this.api('sofia', 'jsonstatus').catch(() => '')).includes('"internal"')
  }

  async close(): Promise<void> {
    await this.esl.api(command('hupall')).catch(() => undefined)
    for (const phone of this.#phones) {
      await phone.register(0).catch(() => undefined)
      phone.close()
    }
    await this.esl.close()
    await this.tandem.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export interface ExtensionAccount {
  readonly number: string
  readonly domain: string
  readonly password: string
  readonly uuid: string
}

/** A call as v1 lists it. */
export interface CallRow {
  readonly call_uuid: string
  readonly caller_id_name: string
  readonly caller_id_number: string
  readonly destination_number: string
  readonly call_direction: string
  readonly call_state: string
}

const profileSetting = `update v_sip_profile_settings set sip_profile_setting_value = $3, sip_profile_setting_enabled = 'true'
  where sip_profile_setting_name = $2
    and sip_profile_uuid = (select sip_profile_uuid from v_sip_profiles where sip_profile_name = $1)`

async function profileAt(esl: EslClient, name: string): Promise<SipServer> {
  const { profiles } = JSON.parse(await esl.api(command('sofia', 'jsonstatus')))
  const port = /@[^;]+:(\d+)/.exec(profiles[name]?.status?.data ?? '')?.[1]
  const host = profiles[name]?.info?.['sip-ip']
  if (host === undefined || port === undefined) throw new Error(`the switch has no SIP profile "${name}"`)
  return { host, port: Number(port) }
}

function shell(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    exec(line, { timeout: 60_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${line}: ${error.message}\n${stdout}${stderr}`)) : resolve(),
    )
  })
}

/** Whether something at the event socket's port says the greeting. */
function greets({ host, port }: SwitchEnvironment): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(1000, () => end(false))
    socket.on('error', () => end(false))
    socket.on('data', (data) => end(String(data).includes('auth/request')))
  })
}
