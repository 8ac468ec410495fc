import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['dist', 'src/api/schema.ts', 'eslint.config.js', 'tests/run.mjs'] },
    ...tseslint.configs.strictTypeChecked,
    { languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } } },
    hooks.configs.flat.recommended,
    {
        files: ['src/**/*.{ts,tsx}'],
        rules: {
            'max-lines': ['error', 200],
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
        },
    },
    {
        // What node's test() gives is awaited by its runner.
        files: ['tests/**/*.ts'],
        rules: {
            '@typescript-eslint/no-floating-promises': 'off',
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
            '@typescript-eslint/restrict-template-expressions': 'off',
            '@typescript-eslint/no-misused-spread': 'off',
        },
    },
);
