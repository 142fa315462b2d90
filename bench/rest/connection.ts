import { connect, type Socket } from 'node:net'

/**
 * One kept-alive connection that knows just enough HTTP/1.1 to tell where an answer ends: a load generator must not cost
 * more than what it measures.
 */
export class Connection {
  readonly #socket: Socket
  /** Bytes of a head that is not whole yet. */
  #head: Buffer | undefined
  /** Bytes of the body that are still to come; negative while a head is awaited. */
  #left = -1
  #status = 0
  #waiter: { resolve(status: number): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#waiter?.reject(error))
    socket.on('close', () => this.#waiter?.reject(new Error('the server closed a connection')))
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        socket.off('error', reject)
        resolve(new Connection(socket))
      })
      socket.once('error', reject)
    })
  }

  /** Sends one request and answers the status once the whole answer is there. */
  exchange(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#left < 0) {
      const head = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
      const end = head.indexOf('\r\n\r\n')
      this.#head = end < 0 ? head : undefined
      if (end < 0) return
      const text = head.toString('latin1', 0, end)
      this.#status = Number(text.slice(9, 12))
      const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
      this.#left = Number(length ?? 0) - (head.length - end - 4)
    } else this.#left -= chunk.length
    if (this.#left > 0) return
    this.#left = -1
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve(this.#status)
  }
}
