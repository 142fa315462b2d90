import { loadConfig } from '../../src/config/config.ts'
import { serve } from '../../src/server.ts'
import { serveCommands, usage } from '../support/child.ts'

/** The real server with its real start. */
const config = loadConfig()
/** Most memory held since it was last asked, looked at often enough to see what one list takes. */
let mostBytes = 0
setInterval(() => {
  mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
}, 2).unref()

const commands = {
  start: () => serve(config),
  usage,
  peak(): number {
    const most = Math.max(mostBytes, process.memoryUsage.rss())
    mostBytes = 0
    return most
  },
}

export type CallServerCommands = typeof commands

serveCommands(commands)
