const needed = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'SystemRoot']

/** What PostgreSQL's programs get of our environment: neither our secrets nor variables meant for another PostgreSQL. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = needed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}
