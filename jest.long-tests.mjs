// For projects whose tests start processes or a browser.
import { jest } from '@jest/globals';

jest.setTimeout(300_000);
