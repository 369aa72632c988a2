export { type Pkcs11Key, Pkcs11KeyProvider, type Pkcs11Options } from './pkcs11-key-provider.js';
