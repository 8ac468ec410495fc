using System.Text.Json;
using Marketplace.Verify;
using Marketplace.Verify.Cancel;
using Marketplace.Verify.Checks;
using Marketplace.Verify.Kill9;

var checks = new Dictionary<string, (string Help, Func<VerifyArguments, Task<VerifyResult>> Run)>
{
    ["kill9"] = ("kills the real silo under load, then checks every acknowledgement [--cycles N] [--seed S] [--without dedup]", Kill9Check.Run),
    ["cancel"] = ("cancels endless loops and measures how long they go on [--rounds N]", CancelCheck.Run),
    ["crashpoints"] = ("a fault at each operation of a load that changes the disk, then a restart [--seed S] [--seeds N]", CrashPointsCheck.Run),
    ["replay"] = ("the simulated market with one seed, again and again: one trace [--seed S] [--times N] [--jobs N]", ReplayCheck.Run),
    ["wasmspec"] = ("the official suite of WebAssembly, file by file", WasmSpecCheck.Run),
    ["vectors"] = ("the official vectors of BLAKE3 and Ed25519", VectorsCheck.Run),
};

if (args.Length == 0 || !checks.TryGetValue(args[0], out var check))
{
    foreach (var (name, (help, _)) in checks)
        Console.Error.WriteLine($"  {name,-11} {help}");
    return args is ["--help"] ? 0 : 2;
}
var result = await check.Run(new VerifyArguments(args[1..]));
foreach (var violation in result.Found)
    Console.Error.WriteLine(violation);
Console.WriteLine(JsonSerializer.Serialize(result.Line, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower }));
return result.Found.Count == 0 ? 0 : 1;
