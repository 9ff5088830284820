// The key of a flag in an address. Keys may hold slashes, which servers and proxies read as parts of a path,
// also where they are escaped. No key holds a tilde.
export const toAddress = (key: string): string => key.replaceAll('/', '~')
export const fromAddress = (part: string): string => part.replaceAll('~', '/')
