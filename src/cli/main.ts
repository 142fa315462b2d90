import { processContext } from './context.ts'
import { run } from './program.ts'

// Set, not exited with: what was written to a pipe must arrive, and a server that listens lives on.
process.exitCode = await run(process.argv.slice(2), processContext)
