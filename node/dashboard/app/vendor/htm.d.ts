declare const htm: {
  bind(
    make: (...parts: unknown[]) => unknown,
  ): (strings: TemplateStringsArray, ...values: unknown[]) => unknown;
};
export default htm;
