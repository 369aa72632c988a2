// Folders depend on each other in one direction. Specs and test support may import anything, so they are excluded.
import configuration from './.dependency-cruiser.mjs';

export default {
  forbidden: [
    {
      name: 'no-circular-folders',
      comment: 'Folders depend on each other in one direction.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...configuration.options, exclude: { path: ['\\.spec\\.ts$', '/test/'] } },
};
