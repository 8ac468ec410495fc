using System.Text.Json;
using Marketplace.Verify;
using Marketplace.Verify.Backups;
using Marketplace.Verify.Blobs;
using Marketplace.Verify.Cancel;
using Marketplace.Verify.Checks;
using Marketplace.Verify.Committees;
using Marketplace.Verify.Contracts;
using Marketplace.Verify.Deploy;
using Marketplace.Verify.Kill9;
using Marketplace.Verify.Moving;
using Marketplace.Verify.OpenApi;
using Marketplace.Verify.Queue;
using Marketplace.Verify.Receipts;
using Marketplace.Verify.Workers;

var checks = new CheckList
{
    ["kill9"] = ("the real silo is killed under load; what it said holds [--cycles N] [--seed S] [--without dedup]", Kill9Check.Run),
    ["backup"] = (
        "a silo under load is backed up; silo, backups and restores are killed; each restore at a random time has what was said by then "
            + "[--cycles N] [--seed S]",
        BackupCheck.Run
    ),
    ["queue"] = (
        "one account fills the queue: refusals, memory, restart [--jobs N] [--input BYTES] [--queue-mib N] [--ready SECONDS, 0: not "
            + "judged]",
        QueueCheck.Run
    ),
    ["cancel"] = ("cancels endless loops and measures how long they go on [--rounds N]", CancelCheck.Run),
    ["workers"] = (
        "worker processes are killed under load; every job ends, paid once, and waits no longer than its lease [--minutes N] "
            + "[--seconds N] [--every SECONDS] [--isolation KIND] [--seed S]",
        WorkersCheck.Run
    ),
    ["crashpoints"] = ("a fault at each operation that changes the disk; nothing is lost [--seed S] [--seeds N]", CrashPointsCheck.Run),
    ["bitrot"] = ("each bit of stored bytes is flipped; none gives a wrong answer", BitRotCheck.Run),
    ["blobs"] = (
        "processes share a blob folder and are killed; nothing pinned is lost [--kills N] [--steps N] [--processes N] [--seed S] "
            + "[--without take]",
        SharedBlobsCheck.Run
    ),
    ["smt"] = (
        "random batches on stored state trees against a naive model; every changed bit of a proof is refused [--n BATCHES] [--seed S]",
        StateTreeCheck.Run
    ),
    ["move"] = (
        "a large node is exported and imported, also through PostgreSQL; the same contents arrive [--documents N] [--blobs N]",
        MoveCheck.Run
    ),
    ["hostile"] = ("modules that want to take the host down; each ends as it should, memory is measured", HostileCheck.Run),
    ["frames"] = ("native stack that frames take for each slot: every instruction, size and instruction set [--every N]", FramesCheck.Run),
    ["wasmdiff"] = ("modules made by chance, in engine, interpreter and V8; nothing differs [--n N] [--seed S]", WasmDiffCheck.Run),
    ["fuzzwasm"] = ("changed modules are valid, invalid or over a limit, and soon said to be [--n N] [--seed S]", FuzzWasmCheck.Run),
    ["determinism"] = (
        "jobs interpreted, compiled, unoptimised, restarted; one hash each [--n N] [--seed S] " + "[--digests FILE: one way alone]",
        DeterminismCheck.Run
    ),
    ["deploy"] = (
        "docker-compose.yml and the Kubernetes manifests against their schemas; needs node and npm [--folder WHERE_PACKAGES_STAY]",
        DeployCheck.Run
    ),
    ["openapi"] = (
        "linters, and a generated TypeScript client that runs a job; needs node and npm [--folder WHERE_PACKAGES_STAY]",
        OpenApiCheck.Run
    ),
    ["receipts"] = (
        "receipts of a real silo and changed ones, judged by three verifiers; needs node and npm [--n N] [--flips N] [--seed S] "
            + "[--browser PROGRAM]",
        ReceiptsCheck.Run
    ),
    ["wasmspec"] = ("the official suite of WebAssembly, file by file", WasmSpecCheck.Run),
    ["vectors"] = ("the official vectors of hashes, Ed25519, X25519, secp256k1, BLS12-381 and of EVM chains", VectorsCheck.Run),
    ["replaymatrix"] = (
        "signatures of every kind, tried in another market, chain, contract, epoch, for another nonce or purpose; the contracts judge on a "
            + "real EVM where anvil is installed [--without RULE]",
        ReplayMatrixCheck.Run
    ),
    ["blsattacks"] = ("rogue keys, encodings that are none, signers below a committee's threshold; all are refused", BlsAttacksCheck.Run),
    ["committee"] = (
        "certificates at the threshold, draws beside a second program, votes through crashes and kills; the draws need node and npm "
            + "[--n RUNS] [--kills N] [--epochs N] [--draws N] [--rounds N] [--seed S]",
        CommitteeCheck.Run
    ),
    ["crosscheck"] = (
        "random receipts, settlements, batches and committees: the same hash and verdict in C# and in the contracts; needs anvil and node "
            + "[--n N] [--seed S] [--without RULE]",
        CrossCheck.Run
    ),
    ["contract"] = (
        "random calls of the market's contracts on a real EVM beside a model; needs anvil and node [--calls N] [--actors N] [--seed S] "
            + "[--token KIND] [--without RULE]",
        ContractCheck.Run
    ),
    ["packages"] = ("all is packed; command and clients are installed and used as the READMEs tell [--root DIR]", PackagesCheck.Run),
}.With(HostChecks.All);

if (args is [SharedBlobsCheck.ProcessName, .. var its])
{
    return await SharedBlobsCheck.RunProcess(its);
}
if (args is [BackupProcess.Name, .. var what])
{
    return await BackupProcess.Run(what);
}
if (args is [VoterProcess.ProcessName, .. var whose])
{
    return VoterProcess.Vote(whose);
}
if (args is [FramesCheck.ProcessName, .. var which])
{
    return await FramesCheck.RunProcess(which);
}
if (args.Length == 0 || !checks.TryGetValue(args[0], out var check))
{
    foreach (var (name, (help, _)) in checks)
    {
        Console.Error.WriteLine($"  {name, -11} {help}");
    }
    return args is ["--help"] ? 0 : 2;
}
if (VerifyArguments.Unknown(args[1..], check.Help) is { } unknown)
{
    Console.Error.WriteLine($"{args[0]} has no option {unknown}: {check.Help}");
    return 2;
}
VerifyResult result;
try
{
    result = await check.Run(new VerifyArguments(args[1..]));
}
catch (Exception failure)
{
    // Whoever reads the lines must not take a check that broke off for one that was not asked for.
    result = new VerifyResult(
        new
        {
            Verify = args[0],
            BrokeOff = failure.Message,
            Violations = 1,
        },
        [failure.ToString()]
    );
}
foreach (var violation in result.Found)
{
    Console.Error.WriteLine(violation);
}
var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
Console.WriteLine(JsonSerializer.Serialize(result.Line, options));
return result.Found.Count == 0 ? 0 : 1;
