import type { FastifyInstance } from 'fastify'
import { Problem } from '../../errors.ts'
import type { XmlAnswerer } from '../../services/xml/door.ts'
import { notFound } from '../../services/xml/write.ts'
import { type Admission, admit } from './admission.ts'
import { parseForm } from './form.ts'

export interface XmlHookOptions extends Admission {
  readonly answer: XmlAnswerer
  /** Most bytes of a request. */
  readonly maxBytes: number
}

/**
 * `POST /hooks/xml`: what FreeSWITCH's mod_xml_curl asks. A user who is not known is status 200 too, for FreeSWITCH
 * takes every other status for a failure of ours (facts freeswitch-esl 8); so a failure of ours is never 200.
 */
export async function xmlHook(app: FastifyInstance, options: XmlHookOptions): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, (body as Buffer).toString('utf8')),
  )
  app.addHook('onRequest', async (request, reply) => {
    if (options.user !== '' || options.password !== '') reply.header('www-authenticate', 'Basic realm="Tandem"')
    admit(request, options)
    reply.removeHeader('www-authenticate')
  })
  app.post('/hooks/xml', { bodyLimit: options.maxBytes }, async (request, reply) => {
    if (typeof request.body !== 'string')
      throw new Problem('UNSUPPORTED_MEDIA_TYPE', { message: 'The body must be a form, as mod_xml_curl sends it' })
    const asked = parseForm(request.body)
    const answer = await options.answer(asked)
    request.log.debug(
      { requestId: request.id, section: asked.section, key: asked.keyValue, found: answer !== undefined },
      'xml asked for',
    )
    return reply
      .header('content-type', 'text/xml; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(answer ?? notFound)
  })
}
