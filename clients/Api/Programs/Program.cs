namespace Marketplace;

/// <summary>The body of <c>POST /v1/programs</c>.</summary>
/// <param name="Module">A blob of the account: the WebAssembly module.</param>
/// <param name="Name">For people, 1 to 128 bytes; left out: the first characters of the module's id.</param>
/// <param name="Salt">At most 64 bytes in base64: distinguishes deployments of one module.</param>
public sealed record ProgramRequest(BlobId Module, string? Name = null, ReadOnlyMemory<byte>? Salt = null);

/// <summary>A deployed program. It never changes.</summary>
/// <param name="Id">The program, derived from its module and its salt.</param>
/// <param name="Name">For people.</param>
/// <param name="Module">The WebAssembly module.</param>
/// <param name="ModuleSize">Bytes of the module.</param>
/// <param name="Deployer">Who deployed it.</param>
/// <param name="DeployedAt">When.</param>
/// <param name="Abi">The guest interface that it is written for.</param>
/// <param name="EntryPoints">Exports that a job may call.</param>
/// <param name="Imports">What it takes from the guest interface.</param>
/// <param name="UsesState">Whether it keeps state between its jobs, which then run one at a time.</param>
/// <param name="Deterministic">Whether truthful runs on the same input give the same result, apart from those that time ends.</param>
/// <param name="Nondeterminism">Why it is not; such a program takes no quorum and no committee.</param>
public sealed record DeployedProgram(
    ProgramId Id,
    string Name,
    BlobId Module,
    long ModuleSize,
    AccountId Deployer,
    DateTimeOffset DeployedAt,
    string Abi,
    IReadOnlyList<string> EntryPoints,
    IReadOnlyList<string> Imports,
    bool UsesState,
    bool Deterministic = true,
    string? Nondeterminism = null
);
