import { access } from 'node:fs/promises'
import { join, normalize } from 'node:path'

/**
 * Looks for files of the switch. `root` is the folder below which its file system is found from here: `/` on its own
 * host, a mount elsewhere, and empty where it is out of reach, so that nothing is ever there.
 */
export const switchFiles = (root: string) => ({
  async exists(path: string): Promise<boolean> {
    // A name of a tenant's must not lead out of the root, nor hold what no path can.
    if (root === '' || !path.startsWith('/') || path.includes('\0')) return false
    return access(join(root, normalize(path))).then(
      () => true,
      () => false,
    )
  },
})
