import type { Options } from 'tsup'

const config: Options = {
  entry: {
    index: 'src/index.ts',
    'idp-contract/index': 'src/idp-contract/index.ts',
    'store-contract/index': 'src/store-contract/index.ts',
    'adapter-contract/index': 'src/adapter-contract/index.ts',
  },
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  splitting: true,
  dts: false,
  clean: true,
}

export default config
