/** Ids of the world the fake starts with. @module */

/** Servers. The role `@everyone` of each has the same id. */
export const fakeGuildIds = { testers: '197038439483310086', gardenClub: '41771983423143937' } as const

/** Roles of Discord Testers. */
export const fakeRoleIds = {
  everyone: '197038439483310086',
  moderator: '197038439483310087',
  muted: '197038439483310088',
  bot: '197038439483310089',
} as const

/** Channels, the thread and the DM. */
export const fakeChannelIds = {
  category: '197038439483310100',
  general: '197038439483310101',
  announcements: '197038439483310102',
  moderators: '197038439483310103',
  thread: '197038439483310104',
  lounge: '197038439483310105',
  directMessage: '197038439483310106',
  seedlings: '41771983423143938',
} as const

/** People who can log in. */
export const fakeUserIds = {
  clyde: '155149108183695360',
  nelly: '80351110224678912',
  rosie: '82198898841029460',
  marvin: '104360151208706048',
  tim: '53905483156684800',
  wumpus: '53908232506183680',
} as const

/** The first bot. */
export const fakeBotId = '268473310986240001'
