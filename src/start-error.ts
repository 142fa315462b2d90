/** Something the operator has to change before Tandem can start; its message is the sentence to print. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
