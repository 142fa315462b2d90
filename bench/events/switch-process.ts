import { type FakeSwitch, startFakeSwitch } from '../../test/support/switch/fake-switch.ts'
import { serveCommands } from '../support/child.ts'

/** A FreeSWITCH in a process of its own, in which calls begin and end at a steady pace. */
let fake: FakeSwitch | undefined

const commands = {
  async start(): Promise<string> {
    fake = await startFakeSwitch()
    return fake.url
  },

  /** Makes so many changes a second, half of them calls that begin and half calls that end, in all domains in turn. */
  run(domains: readonly string[], pace: { perSecond: number; seconds: number }): Promise<number> {
    const on = fake
    if (!on) throw new Error('the switch is not started')
    const total = pace.perSecond * pace.seconds
    const up: ReturnType<FakeSwitch['addChannel']>[] = []
    const began = performance.now()
    let made = 0
    const change = (): void => {
      const domain = domains[Math.floor(made / 2) % domains.length] ?? ''
      const oldest = made % 2 === 1 ? up.shift() : undefined
      if (oldest) on.hangup(oldest)
      else up.push(on.addChannel({ user: '1001', domain, dest: '1002', callerName: 'Somebody Calling' }))
      made += 1
    }
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        while (made < total && began + (made * 1000) / pace.perSecond <= performance.now()) change()
        if (made < total) return
        clearInterval(timer)
        resolve(made)
      }, 1)
    })
  },
}

export type SwitchCommands = typeof commands

serveCommands(commands)
