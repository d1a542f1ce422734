// Call methods of the key store one after the other, and print their answers as JSON:
// ucode key_store.uc MODULE '[ [ "method", { arguments } ], ... ]'

const methods = loadfile(ARGV[0], { raw_mode: true })()['luci.pywg'];

for (let request in json(ARGV[1]))
	print(sprintf('%J\n', methods[request[0]].call({ args: request[1] })));
