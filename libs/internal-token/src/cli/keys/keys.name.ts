export const KEYS = 'keys';
export const KEYS_DESCRIPTION = 'Makes, shows, rotates and removes the keys that internal tokens are signed with.';
