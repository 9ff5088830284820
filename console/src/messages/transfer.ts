// Words of import and export.
import { counted, inLanguage, number } from './catalogue.ts'

export const transfer = inLanguage({
  en: {
    title: 'Import and export',
    lead: 'The configuration of this environment as a file, and files of other systems as flags.',
    export: 'Export',
    exportHint: 'flags, segments, goals, experiments and settings; no keys, no members of uploaded lists',
    asYaml: 'Save as YAML',
    asJson: 'Save as JSON',
    import: 'Import',
    importHint: 'nothing changes before you apply it',
    file: 'File',
    fileHint: 'JSON or YAML, up to 16 MB.',
    source: 'What it is',
    sources: {
      tackline: 'A Tackline export',
      bucketeer: 'Bucketeer: a list of features',
      'flagship-io': 'AB Tasty: a bucketing file',
      flagd: 'flagd: flag definitions',
      cloudflare: 'Cloudflare: a list of its own flags',
    },
    choose: 'Choose what it is',
    unknown: 'The file is not recognised: choose what it is.',
    tooLarge: 'The file is larger than 16 MB.',
    replace: 'Replace flags and segments that exist here already',
    replaceHint: 'Otherwise an import that would change one of them is refused.',
    caseInsensitive: 'Ignore upper and lower case in conditions',
    caseInsensitiveHint: 'As AB Tasty’s servers do. Its SDKs in bucketing mode regard it.',
    reading: 'Asking what it would change…',
    nothing: 'Everything in the file is so already: there is nothing to apply.',
    counts: ({ create, change, archive, remove }: Counts) =>
      [
        create > 0 && `${number(create)} new`,
        change > 0 && `${number(change)} changed`,
        archive > 0 && `${number(archive)} archived`,
        remove > 0 && `${number(remove)} removed`,
      ]
        .filter(Boolean)
        .join(', '),
    plan: 'What would change',
    findings: 'What could not be carried over exactly',
    findingsHint: (count: number) => counted(count, 'finding', 'findings'),
    effects: { 'left-out': 'Left out', differs: 'Differs', lost: 'Lost' },
    steps: 'What to do',
    urgencies: { act: 'Act', check: 'Check', know: 'Know' },
    campaigns: (count: number) => counted(count, 'campaign', 'campaigns'),
    apply: 'Apply import',
    applied: 'The import is applied',
    applyHint: 'All of it becomes one revision, which the audit log can take back.',
    columns: { effect: 'Effect', where: 'Where', reason: 'Why', which: 'Which' },
    more: (count: number) => `+ ${number(count)}`,
  },
  de: {
    title: 'Import und Export',
    lead: 'Die Konfiguration dieser Umgebung als Datei, und Dateien anderer Systeme als Flags.',
    export: 'Export',
    exportHint:
      'Flags, Segmente, Ziele, Experimente und Einstellungen; keine Schlüssel, keine hochgeladenen Listen',
    asYaml: 'Als YAML speichern',
    asJson: 'Als JSON speichern',
    import: 'Import',
    importHint: 'nichts ändert sich, bevor du es anwendest',
    file: 'Datei',
    fileHint: 'JSON oder YAML, bis 16 MB.',
    source: 'Was sie ist',
    sources: {
      tackline: 'Ein Export von Tackline',
      bucketeer: 'Bucketeer: eine Liste von Features',
      'flagship-io': 'AB Tasty: eine Bucketing-Datei',
      flagd: 'flagd: Flag-Definitionen',
      cloudflare: 'Cloudflare: eine Liste seiner eigenen Flags',
    },
    choose: 'Wähle, was sie ist',
    unknown: 'Die Datei wird nicht erkannt: wähle, was sie ist.',
    tooLarge: 'Die Datei ist größer als 16 MB.',
    replace: 'Flags und Segmente ersetzen, die es hier schon gibt',
    replaceHint: 'Sonst wird ein Import abgelehnt, der eines davon ändern würde.',
    caseInsensitive: 'Groß- und Kleinschreibung in Bedingungen nicht beachten',
    caseInsensitiveHint: 'Wie AB Tastys Server. Die SDKs im Bucketing-Modus beachten sie.',
    reading: 'Fragt, was sich ändern würde…',
    nothing: 'Alles in der Datei ist schon so: es gibt nichts anzuwenden.',
    counts: ({ create, change, archive, remove }) =>
      [
        create > 0 && `${number(create)} neu`,
        change > 0 && `${number(change)} geändert`,
        archive > 0 && `${number(archive)} archiviert`,
        remove > 0 && `${number(remove)} entfernt`,
      ]
        .filter(Boolean)
        .join(', '),
    plan: 'Was sich ändern würde',
    findings: 'Was nicht genau übernommen werden konnte',
    findingsHint: (count) => counted(count, 'Befund', 'Befunde'),
    effects: { 'left-out': 'Ausgelassen', differs: 'Anders', lost: 'Verloren' },
    steps: 'Was zu tun ist',
    urgencies: { act: 'Handeln', check: 'Prüfen', know: 'Wissen' },
    campaigns: (count) => counted(count, 'Kampagne', 'Kampagnen'),
    apply: 'Import anwenden',
    applied: 'Der Import ist angewendet',
    applyHint: 'Alles wird eine Revision, die sich im Audit-Log zurücknehmen lässt.',
    columns: { effect: 'Wirkung', where: 'Wo', reason: 'Warum', which: 'Welche' },
    more: (count) => `+ ${number(count)}`,
  },
})

interface Counts {
  readonly create: number
  readonly change: number
  readonly archive: number
  readonly remove: number
}
