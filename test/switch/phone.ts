import { createSocket, type Socket } from 'node:dgram'
import {
  digest,
  headerLines,
  headerOf,
  methodOf,
  parseSip,
  type SipMessage,
  sdp,
  statusOf,
  token,
  writeSip,
} from './sip-message.ts'

/** Who a phone is and where its server listens. */
export interface PhoneAccount {
  readonly user: string
  readonly domain: string
  readonly password: string
  readonly server: { readonly host: string; readonly port: number }
  readonly userAgent?: string
  readonly displayName?: string
  /** Address of the phone itself; 127.0.0.1 unless said. */
  readonly address?: string
}

/** One call of a phone: a dialog. */
export interface PhoneCall {
  readonly callId: string
  readonly incoming: boolean
  state: 'trying' | 'ringing' | 'up' | 'over'
  /** Status that ended a call which was never answered. */
  failure: number | undefined
  /** Who hung up. */
  endedBy: 'us' | 'them' | undefined
}

interface Dialog extends PhoneCall {
  remote: string
  local: string
  target: string
  cseq: number
  invite: SipMessage | undefined
  /** Last request sent, for authentication and cancelling. */
  sent: { uri: string; branch: string; headers: string[]; body: string } | undefined
  challenged: boolean
}

/**
 * A SIP phone for tests, on UDP of 127.0.0.1: registers with a digest, calls, answers, holds the line until somebody
 * hangs up, and keeps every NOTIFY it gets. No audio.
 */
export class Phone {
  readonly account: PhoneAccount
  readonly notifies: SipMessage[] = []
  readonly calls: PhoneCall[] = []
  /** What happens to an incoming call: answered at once, left ringing, or refused with a status. */
  onRing: 'answer' | 'ring' | number = 'answer'
  readonly #socket: Socket
  readonly #dialogs = new Map<string, Dialog>()
  readonly #waiters = new Set<() => void>()
  readonly #registerCallId = `reg-${token()}`
  #registration = { expiresSeconds: 3600, answered: 0 }
  #registerCseq = 1
  #registerStatus = 0
  #port = 0

  private constructor(account: PhoneAccount, socket: Socket) {
    this.account = account
    this.#socket = socket
    socket.on('message', (data) => this.#receive(parseSip(data.toString('latin1'))))
  }

  /** Opens the phone's socket; it is not registered yet. */
  static async open(account: PhoneAccount): Promise<Phone> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, account.address ?? '127.0.0.1', resolve))
    const phone = new Phone(account, socket)
    phone.#port = socket.address().port
    return phone
  }

  get port(): number {
    return this.#port
  }

  /** Where it is reached: address and port. */
  get at(): string {
    return `${this.account.address ?? '127.0.0.1'}:${this.#port}`
  }

  /** Registers (or with `expiresSeconds` 0 unregisters); gives the final status, 200 when it worked. */
  async register(expiresSeconds = 3600): Promise<number> {
    this.#registerStatus = 0
    this.#registration = { expiresSeconds, answered: 0 }
    this.#sendRegister()
    await this.until(() => this.#registerStatus !== 0, 5000, 'an answer to REGISTER')
    return this.#registerStatus
  }

  #sendRegister(authorization?: string): void {
    const { user, domain } = this.account
    const uri = `sip:${domain}`
    const own = `<sip:${user}@${domain}>`
    this.#send(`REGISTER ${uri} SIP/2.0`, [
      this.#via(),
      `From: ${own};tag=${token()}`,
      `To: ${own}`,
      `Call-ID: ${this.#registerCallId}`,
      `CSeq: ${this.#registerCseq++} REGISTER`,
      `Contact: <sip:${user}@${this.at}>`,
      `Expires: ${this.#registration.expiresSeconds}`,
      ...(authorization === undefined ? [] : [authorization]),
    ])
  }

  /** Dials; resolves at once with the call, which then rings, is up or fails by itself. */
  call(number: string): PhoneCall {
    const { user, domain, displayName = user } = this.account
    const uri = `sip:${number}@${domain}`
    const dialog: Dialog = {
      callId: `call-${token()}`,
      incoming: false,
      state: 'trying',
      failure: undefined,
      endedBy: undefined,
      local: `"${displayName}" <sip:${user}@${domain}>;tag=${token()}`,
      remote: `<${uri}>`,
      target: uri,
      cseq: 1,
      invite: undefined,
      sent: undefined,
      challenged: false,
    }
    this.#dialogs.set(dialog.callId, dialog)
    this.calls.push(dialog)
    this.#invite(dialog, uri)
    return dialog
  }

  #invite(dialog: Dialog, uri: string, authorization?: string): void {
    const body = sdp(this.#port + 1)
    const branch = `z9hG4bK${token()}`
    const headers = [
      `From: ${dialog.local}`,
      `To: ${dialog.remote}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: ${dialog.cseq} INVITE`,
      `Contact: <sip:${this.account.user}@${this.at}>`,
      'Content-Type: application/sdp',
      'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY',
      ...(authorization === undefined ? [] : [authorization]),
    ]
    dialog.sent = { uri, branch, headers, body }
    this.#send(`INVITE ${uri} SIP/2.0`, [this.#via(branch), ...headers], body)
  }

  /** Answers a call that rings here. */
  answer(call: PhoneCall): void {
    const dialog = call as Dialog
    if (dialog.invite === undefined) throw new Error('only an incoming call can be answered')
    dialog.state = 'up'
    this.#respond(dialog.invite, 200, 'OK', dialog.local, sdp(this.#port + 1))
    this.#wake()
  }

  /** Hangs up, or gives up a call that rings. */
  hangUp(call: PhoneCall): void {
    const dialog = call as Dialog
    if (dialog.state === 'over') return
    dialog.endedBy = 'us'
    if (dialog.state === 'up') this.#request(dialog, 'BYE')
    else if (dialog.incoming && dialog.invite !== undefined)
      this.#respond(dialog.invite, 486, 'Busy Here', dialog.local)
    else this.#cancel(dialog)
    dialog.state = 'over'
    this.#wake()
  }

  #cancel(dialog: Dialog): void {
    const { sent } = dialog
    if (sent === undefined) return
    const copied = sent.headers.filter((line) => /^(From|To|Call-ID):/.test(line))
    this.#send(`CANCEL ${sent.uri} SIP/2.0`, [this.#via(sent.branch), ...copied, `CSeq: ${dialog.cseq} CANCEL`])
  }

  #request(dialog: Dialog, method: string, extra: string[] = []): void {
    dialog.cseq++
    this.#send(`${method} ${dialog.target} SIP/2.0`, [
      this.#via(),
      `From: ${dialog.local}`,
      `To: ${dialog.remote}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: ${dialog.cseq} ${method}`,
      `Contact: <sip:${this.account.user}@${this.at}>`,
      ...extra,
    ])
  }

  /** Waits until a condition holds; fails with what was waited for. */
  async until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!condition()) {
      const left = deadline - Date.now()
      if (left <= 0)
        throw new Error(`phone ${this.account.user}@${this.account.domain}: no ${what} within ${timeoutMs} ms`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          this.#waiters.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        this.#waiters.add(wake)
      })
    }
  }

  /** The next incoming call that is still ringing or up. */
  async incoming(timeoutMs = 5000): Promise<PhoneCall> {
    const find = () => this.calls.find((each) => each.incoming && each.state !== 'over')
    await this.until(() => find() !== undefined, timeoutMs, 'incoming call')
    return find() as PhoneCall
  }

  /** Closes the socket without a word: the network of this phone is gone. */
  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  // Wire

  #via(branch = `z9hG4bK${token()}`): string {
    return `Via: SIP/2.0/UDP ${this.at};rport;branch=${branch}`
  }

  #send(first: string, headers: string[], body = ''): void {
    const agent = `User-Agent: ${this.account.userAgent ?? 'TandemTestPhone/1.0'}`
    const text = writeSip(first, [...headers, 'Max-Forwards: 70', agent], body)
    this.#socket.send(Buffer.from(text, 'utf8'), this.account.server.port, this.account.server.host)
  }

  #respond(request: SipMessage, status: number, reason: string, to?: string, body = ''): void {
    const copied = headerLines(request, 'via', 'from', 'call-id', 'cseq', 'record-route')
    const headers = [
      ...copied,
      `To: ${to ?? headerOf(request, 'to')}`,
      `Contact: <sip:${this.account.user}@${this.at}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ]
    this.#send(`SIP/2.0 ${status} ${reason}`, headers, body)
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  #receive(message: SipMessage): void {
    if (statusOf(message) > 0) this.#response(message)
    else this.#incomingRequest(message)
    this.#wake()
  }

  #response(message: SipMessage): void {
    const status = statusOf(message)
    const method = methodOf(message)
    if (method === 'REGISTER') this.#registerAnswered(message, status)
    const dialog = this.#dialogs.get(headerOf(message, 'call-id'))
    if (dialog === undefined || method !== 'INVITE') return
    if (status < 200) {
      if (status >= 180 && dialog.state === 'trying') dialog.state = 'ringing'
      return
    }
    this.#ack(dialog, message, status)
    if (status < 300) {
      dialog.remote = headerOf(message, 'to')
      dialog.target = /<([^>]+)>/.exec(headerOf(message, 'contact'))?.[1] ?? dialog.target
      if (dialog.state === 'over') this.#request(dialog, 'BYE')
      else dialog.state = 'up'
    } else this.#refused(dialog, message, status)
  }

  #registerAnswered(message: SipMessage, status: number): void {
    const challenge = headerOf(message, 'www-authenticate')
    // A second challenge to an answered one means the password is wrong, unless the switch has forgotten its nonce.
    const again =
      this.#registration.answered === 0 || (this.#registration.answered < 3 && /stale=true/i.test(challenge))
    if (status === 401 && challenge !== '' && again) {
      this.#registration.answered++
      const { user, domain, password } = this.account
      this.#sendRegister(`Authorization: ${digest(challenge, 'REGISTER', `sip:${domain}`, user, password)}`)
    } else if (status >= 200) this.#registerStatus = status
  }

  #refused(dialog: Dialog, message: SipMessage, status: number): void {
    const challenge = headerOf(message, 'proxy-authenticate') || headerOf(message, 'www-authenticate')
    if ((status === 407 || status === 401) && !dialog.challenged && dialog.sent !== undefined) {
      dialog.challenged = true
      dialog.cseq++
      const name = status === 407 ? 'Proxy-Authorization' : 'Authorization'
      const { user, password } = this.account
      this.#invite(dialog, dialog.sent.uri, `${name}: ${digest(challenge, 'INVITE', dialog.sent.uri, user, password)}`)
      return
    }
    dialog.state = 'over'
    dialog.failure = status
  }

  #ack(dialog: Dialog, message: SipMessage, status: number): void {
    const uri = status < 300 ? (/<([^>]+)>/.exec(headerOf(message, 'contact'))?.[1] ?? dialog.target) : dialog.target
    this.#send(`ACK ${uri} SIP/2.0`, [
      this.#via(status < 300 ? undefined : dialog.sent?.branch),
      `From: ${dialog.local}`,
      `To: ${headerOf(message, 'to')}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: ${headerOf(message, 'cseq').split(' ')[0]} ACK`,
    ])
  }

  #incomingRequest(message: SipMessage): void {
    const method = methodOf(message)
    const dialog = this.#dialogs.get(headerOf(message, 'call-id'))
    if (method === 'INVITE' && dialog !== undefined) this.#respond(message, 200, 'OK', undefined, sdp(this.#port + 1))
    else if (method === 'INVITE') this.#rings(message)
    else if (method === 'BYE' || method === 'CANCEL') this.#ended(message, method, dialog)
    else if (method === 'NOTIFY') {
      this.notifies.push(message)
      this.#respond(message, 200, 'OK')
    } else if (method !== 'ACK') this.#respond(message, 200, 'OK')
  }

  #rings(message: SipMessage): void {
    const dialog: Dialog = {
      callId: headerOf(message, 'call-id'),
      incoming: true,
      state: 'ringing',
      failure: undefined,
      endedBy: undefined,
      local: `${headerOf(message, 'to')};tag=${token()}`,
      remote: headerOf(message, 'from'),
      target: /<([^>]+)>/.exec(headerOf(message, 'contact'))?.[1] ?? '',
      cseq: 1,
      invite: message,
      sent: undefined,
      challenged: false,
    }
    if (typeof this.onRing === 'number') {
      this.#respond(message, this.onRing, 'Refused', dialog.local)
      return
    }
    this.#dialogs.set(dialog.callId, dialog)
    this.calls.push(dialog)
    this.#respond(message, 180, 'Ringing', dialog.local)
    if (this.onRing === 'answer') this.answer(dialog)
  }

  #ended(message: SipMessage, method: string, dialog: Dialog | undefined): void {
    this.#respond(message, 200, 'OK')
    if (dialog === undefined) return
    if (method === 'CANCEL' && dialog.invite !== undefined) {
      this.#respond(dialog.invite, 487, 'Request Terminated', dialog.local)
    }
    dialog.state = 'over'
    dialog.endedBy ??= 'them'
  }
}
