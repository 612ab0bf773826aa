/** What several logs are called where they stand side by side. */
const folderOf = (name: string): string => name.slice(0, name.lastIndexOf("/") + 1)

/** Logs without the folder that all of them share, so that headings are as short as may be; one log keeps its name. */
export const withoutSharedFolder = <Log extends { readonly name: string }>(
  logs: ReadonlyArray<Log>,
): ReadonlyArray<Log> => {
  const [first, ...others] = logs
  if (first === undefined || others.length === 0) return logs
  let shared = folderOf(first.name)
  while (!others.every(({ name }) => name.startsWith(shared))) shared = folderOf(shared.slice(0, -1))
  return logs.map((log) => ({ ...log, name: log.name.slice(shared.length) }))
}
