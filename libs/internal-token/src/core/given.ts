/** Returns the given object from its constructor, so that a subclass puts its private field on that object. */
export class Given {
  constructor(object: object) {
    return object;
  }
}
