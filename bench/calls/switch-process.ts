import { createServer, type Socket } from 'node:net'
import { serveCommands } from '../support/child.ts'

/** A channel's row as `show channels as json` has it: the 38 columns, 0.96 KB on the average (limits). */
function row(index: number, leg: 'a' | 'b', domain: string, nowSeconds: number): Record<string, string> {
  const id = (kind: number): string =>
    `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`
  const [from, to] = [`1${String(index % 900).padStart(3, '0')}`, `2${String(index % 900).padStart(3, '0')}`]
  const created = String(nowSeconds - (index % 3600))
  const user = leg === 'a' ? from : to
  const codec = {
    read_codec: 'PCMU',
    read_rate: '8000',
    read_bit_rate: '64000',
    write_codec: 'PCMU',
    write_rate: '8000',
    write_bit_rate: '64000',
  }
  return {
    uuid: id(leg === 'a' ? 1 : 2),
    direction: leg === 'a' ? 'inbound' : 'outbound',
    created: '2026-11-20 23:56:49',
    created_epoch: created,
    name: `sofia/internal/${user}@${leg === 'a' ? domain : '10.20.30.40:5060'}`,
    state: leg === 'a' ? 'CS_EXECUTE' : 'CS_EXCHANGE_MEDIA',
    cid_name: `Zoë Caller ${from}`,
    cid_num: from,
    ip_addr: '10.20.30.40',
    dest: to,
    application: leg === 'a' ? 'bridge' : '',
    application_data: leg === 'a' ? `user/${to}@${domain}` : '',
    dialplan: 'XML',
    context: domain,
    ...codec,
    secure: '',
    hostname: 'pbx1',
    presence_id: `${user}@${domain}`,
    presence_data: '',
    accountcode: leg === 'a' ? domain : '',
    callstate: 'ACTIVE',
    callee_name: `Callee ${to}`,
    callee_num: to,
    callee_direction: 'SEND',
    call_uuid: id(1),
    sent_callee_name: `Callee ${to}`,
    sent_callee_num: to,
    initial_cid_name: `Zoë Caller ${from}`,
    initial_cid_num: from,
    initial_ip_addr: '10.20.30.40',
    initial_dest: to,
    initial_dialplan: 'XML',
    initial_context: domain,
  }
}

/** The whole reply to `show channels as json` with so many bridged calls up, spread over the domains. */
function reply(calls: number, domains: readonly string[]): Buffer {
  const now = Math.floor(Date.now() / 1000)
  const rows = Array.from({ length: calls }, (_, index) => {
    const domain = domains[index % domains.length] ?? ''
    return [row(index, 'a', domain, now), row(index, 'b', domain, now)]
  }).flat()
  const body = Buffer.from(`{"row_count":${rows.length},"rows":${JSON.stringify(rows)}}`)
  return Buffer.concat([Buffer.from(`Content-Type: api/response\nContent-Length: ${body.length}\n\n`), body])
}

// The live model asks as well; what it asks is answered as briefly.
const api = (text: string): Buffer =>
  Buffer.from(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`)
const command = (text: string): Buffer => Buffer.from(`Content-Type: command/reply\nReply-Text: ${text}\n\n`)

let channels: Buffer = api('{"row_count": 0}\n')
let channelCount = 0

/** As little of FreeSWITCH as a list of calls needs, with its replies made before anybody asks. */
function answer(line: string): Buffer {
  if (line === 'api show channels count as json') return api(`{"row_count":${channelCount},"rows":[]}`)
  if (line.startsWith('api show channels')) return channels
  if (line.startsWith('api show registrations')) return api('{"row_count": 0}\n')
  if (line === 'api sofia jsonstatus') return api('{"profiles":{}}')
  if (line.startsWith('api sofia xmlstatus gateway')) return api('<gateways>\n</gateways>\n')
  if (line.startsWith('api uuid_exists')) return api('true')
  if (line === 'api switchname') return api('pbx1')
  if (line === 'api version short') return api('1.11.2-release\n')
  if (line.startsWith('api uuid_getvar')) return api('_undef_')
  return line.startsWith('api ') ? api('-ERR command not found\n') : command('+OK accepted')
}

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.write('Content-Type: auth/request\n\n')
  let held = ''
  socket.on('data', (chunk) => {
    held += chunk.toString('latin1')
    for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
      const [line = ''] = held.slice(0, end).trimStart().split('\n')
      held = held.slice(end + 2)
      socket.write(answer(line))
    }
  })
}

const commands = {
  /** Listens, and answers the port. */
  listen: () =>
    new Promise<number>((resolve) => {
      const server = createServer(serve)
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    }),
  /** From now on so many calls are up; answers the bytes of the list. */
  show(calls: number, domains: readonly string[]): number {
    channels = reply(calls, domains)
    channelCount = calls * 2
    return channels.length
  },
}

export type SwitchCommands = typeof commands

serveCommands(commands)
