using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>The keys and records of PROTOCOL.md's examples: made of counted bytes, so that anybody can make them.</summary>
internal static class ProtocolSamples
{
    public static readonly byte[] WorkerSeed = [.. Enumerable.Range(0, 32).Select(index => (byte)index)];
    public static readonly byte[] MarketSeed = [.. Enumerable.Range(0, 32).Select(index => (byte)(0x20 + index))];
    public static readonly byte[] WorkerScalar = [.. Enumerable.Range(0, 32).Select(index => (byte)(0x40 + index))];
    public static readonly byte[] MarketScalar = [.. Enumerable.Range(0, 32).Select(index => (byte)(0x60 + index))];
    public static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static Ed25519KeyPair Worker() => new(WorkerSeed);

    public static MarketIdentity Market() => new(new Ed25519KeyPair(MarketSeed));

    /// <summary>The same market, where it settles on a chain.</summary>
    public static MarketDomain OnChain { get; } =
        new(Market().PublicKey, 31337, EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"));

    public static LinkEphemeral WorkerEphemeral() => Ephemeral(0x80, WorkerScalar);

    public static LinkEphemeral MarketEphemeral() => Ephemeral(0xA0, MarketScalar);

    public static WorkerId WorkerId => new(Worker().PublicKey);

    public static WorkerLease Lease(int number) =>
        new(
            Id: new LeaseId(7, number),
            Job: new JobId(new Bytes32([.. Enumerable.Repeat((byte)number, 32)])),
            Program: new ProgramId(new Bytes32([.. Enumerable.Repeat((byte)0xaa, 32)])),
            Module: new BlobId(default),
            EntryPoint: null,
            Arguments: ["--fast"],
            Input: "hello"u8.ToArray(),
            InputBlob: null,
            FuelMax: 1_000_000,
            MemoryPagesMax: 256,
            TimeMax: TimeSpan.FromSeconds(10),
            Attempt: 1,
            Root: new StateRoot(default),
            SubmittedAt: At,
            Deadline: At.AddMinutes(1)
        );

    public static WorkerResult Result(int number) => ExecutionClaims.Claim(Lease(number), Unsigned(number), Profile);

    private static readonly Bytes32 Profile = new([.. Enumerable.Repeat((byte)0xbb, 32)]);

    private static WorkerResult Unsigned(int number) =>
        new(
            Lease: new LeaseId(7, number),
            Job: new JobId(new Bytes32([.. Enumerable.Repeat((byte)number, 32)])),
            Outcome: RunOutcome.Completed,
            Reason: null,
            FuelUsed: 1000 + number,
            Output: "HELLO"u8.ToArray(),
            OutputBlob: null,
            OutputSize: 5,
            Log: default,
            StateChanges: [new StateChange("key"u8.ToArray(), "value"u8.ToArray()), new StateChange("old"u8.ToArray(), null)],
            StartedAt: At,
            EndedAt: At.AddSeconds(1)
        )
        {
            ExitCode = 0,
            RootAfter = new StateRoot(new Bytes32([.. Enumerable.Repeat((byte)0xcc, 32)])),
        };

    public static WorkerReport Report(int count) => new(WorkerId, [.. Enumerable.Range(1, count).Select(Result)]);

    public static readonly LeaseCall Call = new(WorkerId, new LeaseId(7, 1), 2);

    private static LinkEphemeral Ephemeral(byte first, byte[] scalar) =>
        new(
            new Bytes32([.. Enumerable.Range(0, 32).Select(index => (byte)(first + index))]),
            ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar })
        );
}
