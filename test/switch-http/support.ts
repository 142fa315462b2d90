import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
import { insertRow, type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { type FakeSwitch, type FakeSwitchOptions, startFakeSwitch } from '../support/switch/fake-switch.ts'

/** The two tenants of the captures. */
export const captured = {
  example: { uuid: 'd0000000-0000-4000-8000-000000000001', name: 'example.test' },
  other: { uuid: 'd0000000-0000-4000-8000-000000000002', name: 'other.test' },
} as const

export interface LiveApp extends TestApp {
  readonly fake: FakeSwitch
}

/** An application with one fake FreeSWITCH, connected, and the tenants of the captures beside the usual two. */
export async function liveApp(
  options: TestAppOptions & { fake?: FakeSwitchOptions; before?: (fake: FakeSwitch) => void } = {},
): Promise<LiveApp> {
  const fake = await startFakeSwitch(options.fake)
  options.before?.(fake)
  const app = await testApp({ ...options, switchUrls: [fake.url] })
  for (const { uuid, name } of Object.values(captured))
    await insertRow(app, 'v_domains', { domain_uuid: uuid, domain_name: name, domain_enabled: 'true' })
  await up(app)
  return {
    ...app,
    fake,
    async close() {
      await app.close()
      await fake[Symbol.asyncDispose]()
    },
  }
}

/** Waits until every node is up. */
export async function up(app: TestApp): Promise<void> {
  for (let left = 300; app.switch.status().some((node) => node.state !== 'up'); left -= 1) {
    if (left === 0) throw new Error(`not up: ${JSON.stringify(app.switch.status())}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Bodies of the replies in a capture, in order, byte for byte. */
export function replies(name: string): Buffer[] {
  const file = join(packageRoot, 'test', 'fixtures', 'freeswitch', 'esl', `${name}.json`)
  const { steps } = JSON.parse(readFileSync(file, 'utf8')) as {
    steps: { from: string; text?: string; base64?: string }[]
  }
  let rest = Buffer.concat(
    steps.flatMap((step) =>
      step.from !== 'server'
        ? []
        : [Buffer.from(step.text ?? step.base64 ?? '', step.text === undefined ? 'base64' : 'utf8')],
    ),
  )
  const found: Buffer[] = []
  for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
    const length = Number(/Content-Length: (\d+)/.exec(rest.toString('latin1', 0, end))?.[1] ?? 0)
    found.push(rest.subarray(end + 2, end + 2 + length))
    rest = rest.subarray(end + 2 + length)
  }
  return found
}

/** The one reply of a capture, as the fake can give it: its bytes, one letter each. */
export const reply = (name: string, index = 0): string => {
  const found = replies(name)[index]
  if (found === undefined) throw new Error(`${name} has no reply ${index}`)
  return found.toString('utf8')
}

export const tenant = (name: string) => ({ 'x-domain': name })
