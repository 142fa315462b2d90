import { type Capture, derive, readCapture, rowOf } from './capture.ts'
import { type Replay, replayForms } from './replay.ts'

const add = readCapture('access-control-add')
const edit = readCapture('access-control-edit')
const remove = readCapture('access-control-delete')

const uuidOf = (capture: Capture) => String(rowOf(capture, 'v_access_controls', 'before').access_control_uuid)

/** The node that the edited list already has, as its page sends it. */
const known = {
  access_control_node_uuid: '917f109e-e99a-4e48-965b-12800962e028',
  access_control_uuid: uuidOf(edit),
  node_type: 'allow',
  node_cidr: '203.0.113.5/32',
  node_description: 'single',
}

/** A list with one network, as somebody typed it and as it is stored. */
const withNetwork = (name: string, typed: string, stored: string) =>
  derive(add, `access-control-add+${name}`, {
    form: { 'access_control_nodes[0][node_cidr]': typed },
    rows: [{ table: 'v_access_control_nodes', after: { node_cidr: stored } }],
  })

const refusedNetwork = (name: string, typed: string) =>
  derive(add, `access-control-add+${name}`, {
    form: { 'access_control_nodes[0][node_cidr]': typed },
    refused: 'no network',
  })

const replays: Replay[] = [
  { capture: add, title: 'adding an access list with a network (S004-ACL-CREATE, S004-ACLN-CREATE)', verb: 'create' },
  {
    capture: edit,
    title: 'editing an access list and adding a network (S004-ACL-UPDATE)',
    verb: 'update',
    uuid: uuidOf(edit),
    variants: ['page'],
    world: [['v_access_control_nodes', known]],
  },
  {
    capture: remove,
    title: 'deleting an access list with its networks (S004-ACL-DELETE)',
    verb: 'remove',
    uuid: uuidOf(remove),
    variants: ['typed'],
  },
  {
    capture: withNetwork('network', '198.51.100.0/24', '198.51.100.0/24'),
    title: 'a network keeps its length',
    verb: 'create',
    variants: ['page'],
  },
  ...[
    ['too-long', '198.51.100.0/33'],
    ['no-address', '198.51.100.256'],
    ['words', 'anywhere'],
  ].map(
    ([name = '', typed = '']): Replay => ({
      capture: refusedNetwork(name, typed),
      title: `an access list with ${typed} in it is refused`,
      verb: 'create',
      variants: ['page'],
    }),
  ),
  {
    capture: derive(add, 'access-control-add+host', {
      form: { 'access_control_nodes[0][node_cidr]': 'sip.carrier.example' },
    }),
    title: 'a host name is no network',
    status: 400,
    verb: 'create',
    variants: ['page'],
  },
  {
    capture: derive(add, 'access-control-add+taken', {}),
    title: 'an access list by the name of another is refused',
    status: 409,
    verb: 'create',
    variants: ['page'],
    world: [['v_access_controls', { ...rowOf(edit, 'v_access_controls', 'before') }]],
  },
]

replayForms('access-control', replays)
