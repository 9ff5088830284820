// A sentence of the catalogue in which `backticks` mark code.
export const Words = ({ text }: { text: string }) => (
  <>{text.split('`').map((part, i) => (i % 2 ? <code key={part}>{part}</code> : part))}</>
)
