// Recipients of e-mail, as a mailto URL names them (RFC 6068) without header fields.

export const recipientsMax = 20

/** A mailbox of RFC 5321 without quotes and literals: what providers take. */
const mailbox = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/

/** Undefined if the text is no such URL, or names nobody or something that is no mailbox. */
export function recipientsOf(url: string): string[] | undefined {
  const list = /^mailto:([^?#]+)$/i.exec(url)?.[1]
  if (list === undefined) return undefined
  try {
    const recipients = list.split(',').map((each) => decodeURIComponent(each.trim()))
    const isSound = recipients.length <= recipientsMax && recipients.every((each) => mailbox.test(each))
    return isSound ? recipients : undefined
  } catch {
    return undefined // a % that encodes nothing
  }
}
