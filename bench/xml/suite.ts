import type { Case } from '../rest/cases.ts'
import type { Data } from '../rest/data.ts'
import {
  httpMicros,
  type Prepared,
  prepare,
  type Stretch,
  serverStretch,
  sqlMicros,
  steadyStretches,
} from '../rest/measure.ts'
import { type Bench, startBench } from '../rest/processes.ts'
import type { Request } from '../rest/requests.ts'
import type { Order, Row, Suite } from '../row.ts'
import { median, percentile } from '../support/figures.ts'

const bothName = 'xml-directory-8:both'
const steadyName = 'xml-directory-steady:http'

const rounds = 3
const seconds = { server: 1.5, sql: 0.7, http: 0.5 }
/** Look-ups of a busy switch, and how long one may take. */
const steady = { perSecond: 500, seconds: { server: 3, bare: 1 } }
const mostSteadyMs = 3

/** Different users who are asked for. */
const users = 1000

/** What FreeSWITCH posts when a phone registers, by its length and its order of fields (facts freeswitch-esl 8). */
const register = (user: string, domain: string): string =>
  [
    `hostname=pbx1&section=directory&tag_name=domain&key_name=name&key_value=${domain}&Event-Name=REQUEST_PARAMS`,
    'Core-UUID=d19ef165-91b1-4be1-bd88-5deec2efc117&FreeSWITCH-Hostname=pbx1&FreeSWITCH-Switchname=pbx1',
    'FreeSWITCH-IPv4=192.0.2.2&FreeSWITCH-IPv6=fd00%3A%3A2&Event-Date-Local=2026-11-21%2000%3A08%3A48',
    'Event-Date-GMT=Sat,%2021%20Nov%202026%2000%3A08%3A48%20GMT&Event-Date-Timestamp=1795219728817661',
    'Event-Calling-File=sofia_reg.c&Event-Calling-Function=sofia_reg_parse_auth&Event-Calling-Line-Number=3124',
    `action=sip_auth&sip_profile=internal&sip_user_agent=TestPhone/2.0&sip_auth_username=${user}&sip_auth_realm=${domain}`,
    `sip_auth_nonce=32dcc8e0-7d75-4e39-a9d6-cecbb856aad6&sip_auth_uri=sip%3A${domain}&sip_contact_user=${user}`,
    `sip_to_user=${user}&sip_to_host=${domain}&sip_via_protocol=udp&sip_from_user=${user}&sip_from_host=${domain}`,
    'sip_auth_qop=auth&sip_auth_cnonce=8a6f0cd3&sip_auth_nc=00000001&sip_auth_response=65ac6b97a9a30a4454f6903f80da999d',
    `sip_auth_method=REGISTER&client_port=6420&key=id&user=${user}&domain=${domain}&ip=192.0.2.9`,
  ].join('&')

const requests = (data: Data): Request[] =>
  data.extensions.slice(0, users).map(({ domain }, index) => ({
    method: 'POST',
    path: '/hooks/xml',
    domain,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'freeswitch-xml/1.0' },
    // Enabled extensions of the data are 1000 to 1099 but for those that end in 25.
    body: register(String(1000 + (index % 25)), domain),
  }))

const directory: Case = {
  name: 'xml-directory',
  about: 'a user of the directory, asked for by the switch',
  pageMemory: true,
  requests,
  isRight: ({ status, body }) => status === 200 && body.includes('<param name="dial-string" '),
}

/** Against what no server of this kind could do without: the same SQL by the bare driver, the same bytes by node:http. */
async function againstBoth(bench: Bench, prepared: Prepared, order: Order): Promise<Row> {
  const stretches: Stretch[] = []
  const ratios: number[] = []
  const costs: number[] = []
  await bench.bare.call('answerWith', prepared.answers)
  for (let round = 0; round <= rounds; round += 1) {
    order.progress.step(`${directory.about}, 8 at once: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
    const stretch = await serverStretch(bench, prepared, 8, seconds.server)
    const bare =
      (await sqlMicros(bench, prepared, 8, seconds.sql)) + (await httpMicros(bench, prepared, 8, seconds.http))
    if (round === 0) continue
    stretches.push(stretch)
    costs.push(bare)
    ratios.push(bare / stretch.cpuMicros)
  }
  const latencies = stretches.flatMap((stretch) => stretch.latenciesMs)
  return {
    name: bothName,
    baseline: 'same SQL, bare pg, and same bytes, node:http',
    ratio: median(ratios),
    target: undefined,
    figures: {
      'CPU us': median(stretches.map((stretch) => stretch.cpuMicros)),
      'baseline us': median(costs),
      'requests/s': median(stretches.map((stretch) => stretch.perSecond)),
      'p50 ms': percentile(latencies, 0.5),
      'p99 ms': percentile(latencies, 0.99),
      statements: prepared.statements,
    },
  }
}

async function atSteadyPace(bench: Bench, prepared: Prepared, order: Order): Promise<Row> {
  await bench.bare.call('answerWith', prepared.answers)
  const pairs: Awaited<ReturnType<typeof steadyStretches>>[] = []
  for (let round = 1; round <= rounds; round += 1) {
    order.progress.step(`${directory.about}, ${steady.perSecond} a second: round ${round} of ${rounds}`)
    pairs.push(await steadyStretches(bench, prepared, steady))
  }
  const p99 = (side: 'server' | 'bare'): number => median(pairs.map((pair) => percentile(pair[side].latenciesMs, 0.99)))
  return {
    name: steadyName,
    baseline: `p99 of node:http at ${steady.perSecond}/s`,
    ratio: p99('bare') / p99('server'),
    target: { wants: `p99 <= ${mostSteadyMs} ms`, met: p99('server') <= mostSteadyMs },
    figures: {
      'CPU us': median(pairs.map(({ server }) => server.cpuMicros)),
      'requests/s': median(pairs.map(({ server }) => server.perSecond)),
      'p50 ms': median(pairs.map(({ server }) => percentile(server.latenciesMs, 0.5))),
      'p99 ms': p99('server'),
      'baseline p99 ms': p99('bare'),
    },
  }
}

/** The XML door: look-ups of users by a switch, spread over 100 tenants of 100 extensions. */
export const xmlSuite: Suite = {
  rows: [bothName, steadyName],
  async run(order) {
    order.progress.expect(3 + (rounds + 1) + rounds)
    order.progress.step('making the tenants')
    const bench = await startBench(order.built)
    try {
      order.progress.step(`${directory.about}: recording its statements`)
      const prepared = await prepare(bench, directory)
      const rows: Row[] = []
      if (order.chosen.has(bothName)) rows.push(await againstBoth(bench, prepared, order))
      if (order.chosen.has(steadyName)) rows.push(await atSteadyPace(bench, prepared, order))
      return rows
    } finally {
      await bench.stop()
    }
  },
}
