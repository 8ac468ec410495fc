using System.Reflection;
using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// Has the runtime open all that it opens late, while it still may: libraries that the engine names, and those of the system. A child that
/// has given up opening files would fail at the first guest that needs one.
/// </summary>
internal static class WarmUp
{
    public static void Run()
    {
        LoadLibraries();
        // The system's library for hashes, which .NET loads with the first one.
        SHA256.HashData([]);
        Secp256k1.IsPublicKey(new byte[64]);
        RunGuest();
    }

    /// <summary>The libraries that engine, crypto and this one may need, and what these name.</summary>
    private static void LoadLibraries()
    {
        var seen = new HashSet<string>();
        var rest = new Stack<Assembly>([typeof(GuestProgram).Assembly, typeof(Secp256k1).Assembly, typeof(BlobId).Assembly]);
        while (rest.TryPop(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies())
            {
                if (seen.Add(name.FullName))
                {
                    rest.Push(Assembly.Load(name));
                }
            }
        }
    }

    /// <summary>
    /// A small guest takes the ways of all others: decoder, interpreter, emitter, machine-code compiler, memories, timers, an end by force.
    /// </summary>
    private static void RunGuest()
    {
        var library = typeof(WarmUp).Assembly;
        using var resource = library.GetManifestResourceStream("echo.wasm")!;
        var module = new byte[resource.Length];
        resource.ReadExactly(module);
        using var program = GuestProgram.Load(module);
        Expect(program.Run(Invocation(fuelMax: 1_000_000)), GuestOutcome.Completed);
        Expect(program.Run(Invocation(fuelMax: 1)), GuestOutcome.OutOfFuel);

        // Guests are compiled only where that pays, which this one's few steps never do.
        program.CompileAll(CancellationToken.None);
        Expect(program.Run(Invocation(fuelMax: 1_000_000)), GuestOutcome.Completed);
        Expect(program.Run(Invocation(fuelMax: 1)), GuestOutcome.OutOfFuel);
        try
        {
            GuestProgram.Load(new byte[1]);
        }
        catch (InvalidModuleException)
        {
            return;
        }
        throw new InvalidOperationException("A byte is a module; this is a bug in the engine.");
    }

    private static GuestInvocation Invocation(long fuelMax) =>
        new()
        {
            Input = "a"u8.ToArray(),
            Now = DateTimeOffset.UnixEpoch,
            Seed = default,
            Limits = new GuestLimits(fuelMax, MemoryPagesMax: 64, IsolationPolicy.StartTimeMax, OutputBytesMax: 64, LogBytesMax: 64),
            Signatures = GuestSignatures.Instance,
        };

    private static void Expect(GuestResult result, GuestOutcome outcome)
    {
        if (result.Outcome != outcome)
        {
            throw new InvalidOperationException($"The first guest of a child ended {result.Outcome}: {result.Reason}");
        }
    }
}
