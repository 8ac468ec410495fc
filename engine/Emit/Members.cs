using System.Reflection;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>Fields and methods of the runtime that emitted code uses. The whole list: what is not here it cannot reach.</summary>
internal static class Members
{
    private const BindingFlags Any =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static readonly FieldInfo InstanceRun = Field(typeof(Instance), nameof(Instance.RunField));
    public static readonly FieldInfo InstanceCallee = Field(typeof(Instance), nameof(Instance.Callee));
    public static readonly FieldInfo InstanceStackLimit = Field(typeof(Instance), nameof(Instance.StackLimit));
    public static readonly FieldInfo InstanceLoopCells = Field(typeof(Instance), nameof(Instance.LoopCells));
    public static readonly FieldInfo InstanceMemory = Field(typeof(Instance), nameof(Instance.Memory0));
    public static readonly FieldInfo InstanceTables = Field(typeof(Instance), nameof(Instance.Tables));
    public static readonly FieldInfo InstanceGlobals = Field(typeof(Instance), nameof(Instance.Globals));
    public static readonly FieldInfo InstanceCells = Field(typeof(Instance), nameof(Instance.GlobalCells));
    public static readonly FieldInfo InstanceReferences = Field(typeof(Instance), nameof(Instance.GlobalReferences));
    public static readonly FieldInfo InstanceImports = Field(typeof(Instance), nameof(Instance.ImportedFunctions));
    public static readonly FieldInfo GlobalCells = Field(typeof(Global), nameof(Global.Cells));
    public static readonly FieldInfo GlobalReferences = Field(typeof(Global), nameof(Global.References));
    public static readonly FieldInfo GlobalSlot = Field(typeof(Global), nameof(Global.Slot));
    public static readonly FieldInfo ImportFunction = Field(typeof(ImportedFunction), nameof(ImportedFunction.Function));
    public static readonly FieldInfo ImportTarget = Field(typeof(ImportedFunction), nameof(ImportedFunction.Target));
    public static readonly FieldInfo FunctionCode = Field(typeof(Function), nameof(Function.Code));
    public static readonly FieldInfo FunctionContext = Field(typeof(Function), nameof(Function.Context));
    public static readonly FieldInfo FunctionSignature = Field(typeof(Function), nameof(Function.SignatureBits));
    public static readonly FieldInfo TableElements = Field(typeof(Table), nameof(Table.Elements));
    public static readonly FieldInfo TableCount = Field(typeof(Table), nameof(Table.CountField));
    public static readonly FieldInfo MemoryBase = Field(typeof(LinearMemory), nameof(LinearMemory.Base));
    public static readonly FieldInfo MemoryLength = Field(typeof(LinearMemory), nameof(LinearMemory.Length));
    public static readonly FieldInfo RunFuel = Field(typeof(Run), nameof(Run.Fuel));
    public static readonly FieldInfo RunZero = Field(typeof(Run), nameof(Run.Zero));
    public static readonly FieldInfo RunNaN32 = Field(typeof(Run), nameof(Run.NaN32));
    public static readonly FieldInfo RunNaN64 = Field(typeof(Run), nameof(Run.NaN64));
    public static readonly FieldInfo RunStackSlots = Field(typeof(Run), nameof(Run.StackSlots));
    public static readonly FieldInfo RunSlices = Field(typeof(Run), nameof(Run.Slices));
    public static readonly FieldInfo RunStop = Field(typeof(Run), nameof(Run.Stop));
    public static readonly FieldInfo RunResultCells = Field(typeof(Run), nameof(Run.ResultCells));
    public static readonly FieldInfo RunResultReferences = Field(typeof(Run), nameof(Run.ResultReferences));

    public static readonly MethodInfo MakeStop = Method(typeof(GuestCode), nameof(GuestCode.MakeStop));
    public static readonly MethodInfo MakeTrap = Method(typeof(GuestCode), nameof(GuestCode.MakeTrap));
    public static readonly MethodInfo MakeStackFault = Method(typeof(GuestCode), nameof(GuestCode.MakeStackFault));
    public static readonly MethodInfo EnterLargeFrame = Method(typeof(GuestCode), nameof(GuestCode.EnterLargeFrame));
    public static readonly MethodInfo ResolveCall = Method(typeof(GuestCode), nameof(GuestCode.ResolveCall));
    public static readonly MethodInfo ResolveOrInterpret = Method(typeof(GuestCode), nameof(GuestCode.ResolveOrInterpret));
    public static readonly MethodInfo InterpretedCells = Method(typeof(GuestCode), nameof(GuestCode.InterpretedCells));
    public static readonly MethodInfo Interpret = Method(typeof(GuestCode), nameof(GuestCode.Interpret));
    public static readonly MethodInfo SingleBits = Method(typeof(BitConverter), nameof(BitConverter.SingleToInt32Bits));
    public static readonly MethodInfo DoubleBits = Method(typeof(BitConverter), nameof(BitConverter.DoubleToInt64Bits));
    public static readonly MethodInfo ResolveFunction = Method(typeof(GuestCode), nameof(GuestCode.ResolveFunction));
    public static readonly MethodInfo CallHost = Method(typeof(GuestCode), nameof(GuestCode.CallHost));
    public static readonly MethodInfo CheckFuel = Method(typeof(GuestCode), nameof(GuestCode.CheckFuel));

    /// <summary>A helper of <see cref="GuestCode"/> or <see cref="Arithmetic"/> by name.</summary>
    public static MethodInfo Helper(Type type, string name) => Method(type, name);

    private static FieldInfo Field(Type type, string name) => type.GetField(name, Any) ?? throw new MissingFieldException(type.Name, name);

    private static MethodInfo Method(Type type, string name) =>
        type.GetMethod(name, Any) ?? throw new MissingMethodException(type.Name, name);
}
