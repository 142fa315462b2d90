import { it } from 'node:test'
import { beside, hasAll, readPairs, readRows } from './pairs.ts'
import { replayPairs } from './replay.ts'

const names = ['dialplan-', 'real-call-extension-dialplan', 'real-call-ring-group', 'real-inbound']

// Their texts are those of FusionPBX's authors, which this repository does not hold: they are read where they lie.
if (hasAll) replayPairs('a dialplan', readPairs(beside, ...names), readRows(beside))
else it('a dialplan is answered as FusionPBX does', { skip: `the captures are not at ${beside}` }, () => {})
