using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What the emitters of one function share: the module, the plan, where the code is written, and where operands and locals are at the place
/// that is being emitted. Decides nothing. One object for one function.
/// </summary>
internal sealed class EmitContext
{
    private readonly Dictionary<Type, LocalBuilder> _scratch = [];
    private int _ownLocals;

    public EmitContext(ModuleEmitter module, int function, FunctionBody body, MethodInfo method, CodeWriter il)
    {
        (Module, Function, Body, Method, IL) = (module, function, body, method, il);
        Type = Content.TypeOfFunction(function);
        Plan = FunctionPlan.Of(Content, Type, body);
        Locals = new FunctionLocals(il, Type, body);
        Stack = new OperandStack(Locals);
        Facts = new AddressFacts(Content.MemoryBytesMin);
    }

    public ModuleEmitter Module { get; }

    public ModuleContent Content => Module.Content;

    public int Function { get; }

    public FunctionType Type { get; }

    public FunctionBody Body { get; }

    public FunctionPlan Plan { get; }

    public CodeWriter IL { get; }

    public FunctionLocals Locals { get; }

    public OperandStack Stack { get; }

    public AddressFacts Facts { get; }

    public MethodInfo Method { get; }

    /// <summary>Where the frame is large: what calls come through, and so the function's calls of itself too.</summary>
    public MethodBuilder? Guard { get; set; }

    /// <summary>
    /// The loop, by its number in the order of the code, that the method begins at, with what an interpreted call left in cells. Null: it
    /// begins with the function's first instruction.
    /// </summary>
    public int? EntryLoop { get; init; }

    /// <summary>The local that has the run; there from <see cref="EmitRun"/> on.</summary>
    public LocalBuilder Run { get; private set; } = null!;

    /// <summary>Slots that a frame takes from the budget: the same on every machine (FUEL.md, "Stack").</summary>
    public int FrameSlots => EnginePolicy.FrameSlotsOf(Body.End - Body.Offset, Locals.Slots, Body.OperandSlotsMax, Plan.InstructionSlots);

    /// <summary>Locals of IL so far: those of the function, its operands by height and type, and the emitters' own.</summary>
    public int LocalCount => Locals.DeclaredCount + _ownLocals;

    /// <summary>A local that counts in <see cref="LocalCount"/>; the few that a function has once do not.</summary>
    public LocalBuilder DeclareLocal(Type clrType)
    {
        _ownLocals++;
        return IL.DeclareLocal(clrType);
    }

    /// <summary>The one local of this type for use within an instruction: good until an emitter asks for the type again.</summary>
    public LocalBuilder Scratch(Type clrType)
    {
        if (!_scratch.TryGetValue(clrType, out var local))
        {
            _scratch.Add(clrType, local = DeclareLocal(clrType));
        }

        return local;
    }

    /// <summary>For the function's beginning.</summary>
    public void EmitRun()
    {
        Run = IL.DeclareLocal(typeof(Run));
        Locals.EmitInstanceField(Members.InstanceRun);
        IL.StoreLocal(Run);
    }
}
