import { text } from '../../fields/field.ts'
import { network } from '../../fields/network.ts'
import { note } from '../../fields/telephony.ts'

/** What a list says of an address. */
const verdicts = ['allow', 'deny']

/** One network of a list (facts 9). */
export const nodeFields = {
  node_type: text({ choices: verdicts, required: true, shown: 'list', about: 'allow or deny.', example: 'allow' }),
  node_cidr: text({
    ...network,
    label: 'Network',
    required: true,
    shown: 'list',
    filter: true,
    about: 'Address or network; one address gets /32, or /128.',
    example: '203.0.113.0/24',
  }),
  node_description: text({ ...note, shown: 'list', about: 'A note for people.' }),
}

export { verdicts }
