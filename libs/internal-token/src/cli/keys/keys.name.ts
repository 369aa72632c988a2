export const KEYS = 'keys';
export const KEYS_DESCRIPTION = 'Creates, shows, rotates and removes the keys that sign internal tokens.';
