namespace Marketplace.Api;

/// <summary>The body of <c>POST /v1/programs</c>.</summary>
/// <param name="Module">A blob of the account: the WebAssembly module.</param>
/// <param name="Name">For people, at most 128 bytes.</param>
/// <param name="Salt">At most 64 bytes in base64: distinguishes deployments of one module.</param>
public sealed record ProgramRequest(BlobId Module, string? Name = null, ReadOnlyMemory<byte>? Salt = null);

/// <summary>A deployed program.</summary>
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
    bool UsesState);
