namespace Marketplace.Engine.Interpret;

/// <summary>
/// When functions become machine code. Shows in no result: tests run the same with each of these.
/// </summary>
/// <param name="Interprets">False: each function when it is first called.</param>
/// <param name="PatienceMin">What of a function is interpreted first, about in units of fuel.</param>
/// <param name="PatiencePerByte">And for each byte of its body, since longer functions take longer to compile.</param>
/// <param name="PatiencePerLocal">And for each local: a body of a few bytes may have 50,000.</param>
internal sealed record Tiers(bool Interprets, long PatienceMin, long PatiencePerByte, long PatiencePerLocal)
{
    public static readonly Tiers Default = new(
        true,
        EnginePolicy.InterpretedFuelMin,
        EnginePolicy.InterpretedFuelPerByte,
        EnginePolicy.InterpretedFuelPerLocal
    );

    public static readonly Tiers CompiledOnly = new(false, 0, 0, 0);

    public long PatienceFor(int bodyBytes, int locals) => PatienceMin + (PatiencePerByte * bodyBytes) + (PatiencePerLocal * locals);
}
