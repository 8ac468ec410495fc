using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// A deployed module with its manifest; its bytes are a blob. Programs never change. Every account that knows the id may run one, until
/// all accounts that deployed it have removed it. Key: <see cref="ProgramId"/>.
/// </summary>
[Alias("IProgramGrain")]
public interface IProgramGrain : IGrainWithStringKey
{
    /// <summary>
    /// Validates the module and writes the manifest. Deploying the same module and salt again gives the same program. If another account
    /// does so, the program stays for that account too, and its module counts against that account's storage quota as well.
    /// </summary>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.InvalidModule"/> with reason and byte offset, <see cref="ErrorCode.BlobNotFound"/>,
    /// <see cref="ErrorCode.QuotaExceeded"/>.
    /// </exception>
    [Effect(Effect.Idempotent), Alias("Deploy")]
    Task<ProgramView> Deploy(Caller caller, ProgramDeployment deployment);

    /// <summary>
    /// Removes the program for the caller's account. If no other account has deployed it, no account can run it any more. The last
    /// deployer's quota is free when no job needs the module and the collector has asked, which may take a day after the upload; any other
    /// deployer's quota is free at once. The program's state stays as the last run left it: deploying the same module and salt again
    /// continues with it. A repetition finds nothing to remove and says so.
    /// </summary>
    /// <exception cref="MarketException">
    /// <see cref="ErrorCode.ProgramInUse"/> with the number of the account's own jobs that have not ended, if no other account has deployed
    /// it; <see cref="ErrorCode.ProgramNotFound"/>, also where only others have deployed it.
    /// </exception>
    [Effect(Effect.Idempotent), Alias("Remove")]
    Task Remove(Caller caller);

    /// <exception cref="MarketException"><see cref="ErrorCode.ProgramNotFound"/>.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("Get")]
    Task<ProgramView> Get();

    /// <summary>Whether the account has deployed the program and not removed it; false also where there is no program.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("IsDeployedBy")]
    Task<bool> IsDeployedBy(AccountId account);
}

/// <param name="Module">A blob of the caller's account.</param>
/// <param name="Salt">Distinguishes deployments of one module; part of the program's id.</param>
/// <param name="Name">For people.</param>
[GenerateSerializer, Immutable, Alias("ProgramDeployment")]
public sealed record ProgramDeployment(
    [property: Id(0)] BlobId Module,
    [property: Id(1)] ReadOnlyMemory<byte> Salt,
    [property: Id(2)] string Name
);

/// <param name="Nondeterminism">Why runs of one input may differ though all workers are truthful; null: they do not, or a silo told it
/// that does not know it yet.</param>
[GenerateSerializer, Immutable, Alias("ProgramView")]
public sealed record ProgramView(
    [property: Id(0)] ProgramId Id,
    [property: Id(1)] BlobId Module,
    [property: Id(2)] long ModuleSize,
    [property: Id(3)] string Name,
    [property: Id(4)] AccountId Deployer,
    [property: Id(5)] DateTimeOffset DeployedAt,
    [property: Id(6)] string Abi,
    [property: Id(7)] ImmutableArray<string> EntryPoints,
    [property: Id(8)] ImmutableArray<string> Imports,
    [property: Id(9)] bool UsesState,
    [property: Id(10)] string? Nondeterminism = null
);
