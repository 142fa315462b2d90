import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** One connection of a client, as the peer sees it: what came, command by command, and what to write. */
export class PeerConnection {
  readonly socket: Socket
  /** All bytes that came, as Latin-1. */
  received = ''
  #taken = 0
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('close', () => this.#wake())
  }

  /** Waits for the next whole command, body included, and takes it. Rejects when the connection ends first. */
  async command(): Promise<string> {
    for (;;) {
      const end = this.#commandEnd()
      if (end !== undefined) {
        const text = this.received.slice(this.#taken, end)
        this.#taken = end
        return Buffer.from(text, 'latin1').toString('utf8')
      }
      if (this.socket.closed) throw new Error('the client closed the connection')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #commandEnd(): number | undefined {
    const blank = this.received.indexOf('\n\n', this.#taken)
    if (blank < 0) return undefined
    const length = /^content-length: *(\d+)$/im.exec(this.received.slice(this.#taken, blank))?.[1]
    const end = blank + 2 + Number(length ?? 0)
    return end <= this.received.length ? end : undefined
  }

  write(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes)
  }

  reply(text: string, more = ''): void {
    this.write(`Content-Type: command/reply\nReply-Text: ${text}\n${more}\n`)
  }

  answer(text: string): void {
    this.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`)
  }

  event(fields: Record<string, unknown>): void {
    const body = JSON.stringify(fields)
    this.write(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`)
  }

  greet(): void {
    this.write('Content-Type: auth/request\n\n')
  }

  /** Greets and accepts whatever password comes; answers the log-in line. */
  async logIn(): Promise<string> {
    this.greet()
    const line = await this.command()
    this.reply('+OK accepted')
    return line
  }

  /** Resolves when the client has closed its end. */
  async gone(): Promise<void> {
    this.socket.resume()
    if (!this.socket.closed) await once(this.socket, 'close')
  }
}

/** A real TCP server that says what a test wants said. */
export class Peer implements AsyncDisposable {
  readonly #server: Server
  readonly connections: PeerConnection[] = []
  /** The first failure of a script that is not only a client that went away. */
  failure: unknown

  private constructor(script: (connection: PeerConnection, number: number) => unknown) {
    this.#server = createServer((socket) => {
      socket.setNoDelay(true)
      const connection = new PeerConnection(socket)
      this.connections.push(connection)
      Promise.resolve(script(connection, this.connections.length)).catch((error) => {
        this.failure ??= error
      })
    })
  }

  /** Listens on a free port (or the given one) and runs the script for each connection, which are counted from 1. */
  static async start(script: (connection: PeerConnection, number: number) => unknown, port = 0): Promise<Peer> {
    const peer = new Peer(script)
    peer.#server.listen(port, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A switch that is well: logs in, and answers every command with what `answer` makes of it. */
export const wellSwitch =
  (answer: (command: string, connection: PeerConnection) => string | undefined = (command) => command) =>
  async (connection: PeerConnection): Promise<void> => {
    await connection.logIn()
    for (;;) {
      const command = (await connection.command()).trimEnd()
      const text = answer(command, connection)
      if (text === undefined) continue
      if (command.startsWith('api ')) connection.answer(text)
      else if (command.startsWith('event ')) connection.reply('+OK event listener enabled json')
      else connection.reply(text)
    }
  }
