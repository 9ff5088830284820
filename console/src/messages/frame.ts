// Words of the frame: navigation, switcher, palette, sign-in, confirmation of changes.
import { inLanguage, number } from './catalogue.ts'

export const frame = inLanguage({
  en: {
    skip: 'Skip to the content',
    navigation: 'Pages',
    openNavigation: 'Navigation',
    home: 'Tackline, flags',
    environment: 'Environment',
    environmentsOf: (project: string) => `Environments of ${project}`,
    current: 'current',
    production: 'Production',
    createEnvironment: 'Create environment',
    environmentId: 'Id',
    environmentIdHint:
      'Lower-case letters, digits and hyphens. It stands in addresses and SDK keys, and stays.',
    environmentName: 'Name',
    environmentProduction: 'This is production',
    environmentProductionHint: 'It is marked on every page, and each change asks for a comment.',
    noEnvironments: 'There is no environment yet',
    noEnvironmentsHint:
      'An environment holds flags, segments, keys and their history: production and staging are two.',
    search: 'Search or jump to',
    searchShort: 'Search or jump to…',
    searchHint: 'Flags, pages, actions',
    found: 'Found',
    nothingFound: 'Nothing found. Flags are searched by key and name.',
    move: 'move',
    open: 'open',
    within: (environment: string) => `in ${environment}`,
    groups: { flags: 'Flags', pages: 'Pages', actions: 'Actions', environments: 'Environments' },
    live: (revision: number) => `Live at revision ${number(revision)}`,
    liveHint: 'Changes of others appear by themselves.',
    behind: (revision: number) =>
      `Revision ${number(revision)} is stored but could not be published yet. It is tried again by itself; ` +
      'until then, users get what the revision before says.',
    disconnected: 'Not connected',
    theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' },
    language: 'Language',
    signOut: 'Sign out',
    signedInAs: (name: string) => `Signed in as ${name}`,
    signIn: 'Sign in',
    signInLead: 'Sign in with an API token to see and change flags.',
    signInRefused:
      'The API does not know this token: it was mistyped, has expired, or belongs to another installation.',
    token: 'API token',
    tokenHint:
      '`npm start` prints one; on Cloudflare, `npm run token` makes one. It is kept in this tab only, until it is ' +
      'closed. With Cloudflare Access in front of the console, no token is needed: reload the page.',
    signedOut: 'Signed out.',
    pages: {
      flags: 'Flags',
      history: 'History',
      portability: 'Portability',
    },
    groupTitles: { observe: 'Observe', setUp: 'Set up' },
    confirm: {
      production: 'This changes production, for real users, at once.',
      comment: 'Say why in a few words.',
      experiment: 'A running experiment counts what this would change.',
      stop: 'Stop the experiment',
      stopHint: 'Its results stay as they are.',
      newPhase: 'Let it count anew',
      newPhaseHint: 'It goes on by the new shares; what was counted so far is not mixed with what follows.',
    },
  },
  de: {
    skip: 'Zum Inhalt springen',
    navigation: 'Seiten',
    openNavigation: 'Navigation',
    home: 'Tackline, Flags',
    environment: 'Umgebung',
    environmentsOf: (project) => `Umgebungen von ${project}`,
    current: 'aktuell',
    production: 'Produktion',
    createEnvironment: 'Umgebung anlegen',
    environmentId: 'Id',
    environmentIdHint:
      'Kleinbuchstaben, Ziffern und Bindestriche. Sie steht in Adressen und SDK-Schlüsseln und bleibt.',
    environmentName: 'Name',
    environmentProduction: 'Das ist die Produktion',
    environmentProductionHint:
      'Sie ist auf jeder Seite markiert, und jede Änderung verlangt einen Kommentar.',
    noEnvironments: 'Es gibt noch keine Umgebung',
    noEnvironmentsHint:
      'Eine Umgebung hält Flags, Segmente, Schlüssel und ihren Verlauf: Produktion und Staging sind zwei.',
    search: 'Suchen oder springen zu',
    searchShort: 'Suchen oder springen…',
    searchHint: 'Flags, Seiten, Aktionen',
    found: 'Gefunden',
    nothingFound: 'Nichts gefunden. Flags werden nach Schlüssel und Name gesucht.',
    move: 'bewegen',
    open: 'öffnen',
    within: (environment) => `in ${environment}`,
    groups: { flags: 'Flags', pages: 'Seiten', actions: 'Aktionen', environments: 'Umgebungen' },
    live: (revision) => `Live: Revision ${number(revision)}`,
    liveHint: 'Änderungen anderer erscheinen von selbst.',
    behind: (revision) =>
      `Revision ${number(revision)} ist gespeichert, aber noch nicht veröffentlicht. Es wird von selbst erneut ` +
      'versucht; bis dahin gilt für Nutzer die Revision davor.',
    disconnected: 'Nicht verbunden',
    theme: { system: 'Design: wie das System', light: 'Design: hell', dark: 'Design: dunkel' },
    language: 'Sprache',
    signOut: 'Abmelden',
    signedInAs: (name) => `Angemeldet als ${name}`,
    signIn: 'Anmelden',
    signInLead: 'Melde dich mit einem API-Token an, um Flags zu sehen und zu ändern.',
    signInRefused:
      'Die API kennt dieses Token nicht: Es ist vertippt, abgelaufen oder von einer anderen Installation.',
    token: 'API-Token',
    tokenHint:
      '`npm start` gibt eines aus; auf Cloudflare macht `npm run token` eines. Es bleibt nur in diesem Tab, bis er ' +
      'geschlossen wird. Mit Cloudflare Access vor der Konsole ist keines nötig: lade die Seite neu.',
    signedOut: 'Abgemeldet.',
    pages: {
      flags: 'Flags',
      history: 'Verlauf',
      portability: 'Portabilität',
    },
    groupTitles: { observe: 'Beobachten', setUp: 'Einrichten' },
    confirm: {
      production: 'Das ändert die Produktion, für echte Nutzer, sofort.',
      comment: 'Sag in wenigen Worten, warum.',
      experiment: 'Ein laufendes Experiment zählt, was sich hier ändern würde.',
      stop: 'Das Experiment stoppen',
      stopHint: 'Seine Ergebnisse bleiben, wie sie sind.',
      newPhase: 'Neu zählen lassen',
      newPhaseHint: 'Es geht mit den neuen Anteilen weiter; Bisheriges und Künftiges werden nicht vermischt.',
    },
  },
})
