/** An event socket as a setting names it, taken apart. */
export interface SwitchAddress {
  readonly host: string
  readonly port: number
  readonly password: string
  /** A directory user of the least-privilege log-in, `user@domain`. */
  readonly user?: string
  /** `HOST:PORT`: its name in answers, health and logs, which never shows the password. */
  readonly name: string
}

/** The port FreeSWITCH listens on unless it is told otherwise. */
const usualPort = 8021

/** Takes `esl://:PASSWORD@HOST:PORT` apart; the setting's own check has refused everything else. */
export function parseSwitchUrl(text: string): SwitchAddress {
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? usualPort : Number(url.port)
  const user = decodeURIComponent(url.username)
  return {
    host,
    port,
    password: decodeURIComponent(url.password),
    ...(user === '' ? {} : { user }),
    name: `${url.hostname}:${port}`,
  }
}
