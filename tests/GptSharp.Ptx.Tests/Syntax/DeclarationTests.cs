using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Tests.Syntax;

public class DeclarationTests
{
    private static ModuleSyntax Accept(string text)
    {
        ModuleSyntax module = Parser.Parse(".version 8.0\n.target sm_90a\n.address_size 64\n" + text);
        Assert.Empty(module.Refused);
        return module;
    }

    private static IReadOnlyList<StatementSyntax> Body(string statements) => Accept($".entry k() {{ {statements} }}").Functions[0].Body!.Statements;

    private static VariableSyntax Variable(string declaration) => Assert.Single(Accept(declaration).Variables);

    [Theory]
    [InlineData(".visible .global .align 4 .u32 a[3][2];", StateSpace.Global, ScalarType.U32, 4, 24)]
    [InlineData(".const .f64 pi;", StateSpace.Constant, ScalarType.F64, 8, 8)]
    [InlineData(".extern .shared .align 128 .b8 smem[];", StateSpace.Shared, ScalarType.B8, 128, 0)]
    [InlineData(".weak .shared .align 16 .b8 tile[1024];", StateSpace.Shared, ScalarType.B8, 16, 1024)]
    [InlineData(".shared .align 4 .u32 name; // demoted variable", StateSpace.Shared, ScalarType.U32, 4, 4)]
    [InlineData(".global .v4 .f32 v[2];", StateSpace.Global, ScalarType.F32, 16, 32)]
    [InlineData(".global .attribute(.managed) .align 8 .u64 m;", StateSpace.Global, ScalarType.U64, 8, 8)]
    [InlineData(".global .align 1 .b8 $str$1[5] = {104, 105};", StateSpace.Global, ScalarType.B8, 1, 5)]
    [InlineData(".global .align 1 .b8 s[] = {1, 2, 3};", StateSpace.Global, ScalarType.B8, 1, 3)]
    [InlineData(".common .global .u8 __unnamed_1;", StateSpace.Global, ScalarType.U8, 1, 1)]
    public void Variables_have_space_type_alignment_and_size(string text, StateSpace space, ScalarType type, int alignment, long bytes)
    {
        VariableSyntax variable = Variable(text);
        Assert.Equal((space, type, alignment, bytes), (variable.Space, variable.Type, variable.Alignment, variable.ByteLength));
    }

    [Fact]
    public void Initialisers_hold_literals_addresses_and_lists()
    {
        Assert.Equal(
            [new AddressInitializer("f", 0, false, 0), new AddressInitializer("g", 4, false, 0)],
            Assert.IsType<ListInitializer>(Variable(".global .u64 t[2] = {f, g+4};").Initializer).Elements);
        Assert.Equal(new AddressInitializer("sym", 8, true, 0), Variable(".global .u64 p = generic(sym)+8;").Initializer);
        Assert.Equal(new AddressInitializer("sym", 0, false, 0xff00), Variable(".global .u8 b = 0xff00(sym);").Initializer);
        Assert.Equal(new AddressInitializer("sym", 0, true, 0xff), Variable(".global .u8 b = 0xff(generic(sym));").Initializer);
        Assert.Equal(
            new LiteralInitializer(new LiteralOperand(0x400921FB54442D18, LiteralKind.Float64, false)),
            Variable(".const .f64 pi = 0d400921FB54442D18;").Initializer);
        Assert.Equal(2, Assert.IsType<ListInitializer>(Variable(".global .u16 g[2][3] = {{1, 2}, {4, 5, 6}};").Initializer).Elements.Count);
    }

    [Fact]
    public void Registers_come_alone_in_lists_and_in_ranges()
    {
        VariableSyntax[] registers = [.. Body(".reg .b32 %r<5>, %x; .reg .pred __$temp3; .reg .f16 low,high;")
            .Cast<DeclarationSyntax>().SelectMany(declaration => declaration.Variables)];
        Assert.Equal(["%r", "%x", "__$temp3", "low", "high"], registers.Select(register => register.Name));
        Assert.Equal([5, null, null, null, null], registers.Select(register => register.RangeCount));
        Assert.Equal(ScalarType.Pred, registers[2].Type);
    }

    [Fact]
    public void Kernels_have_parameters_and_directives()
    {
        FunctionSyntax kernel = Accept("""
            .visible .entry _Z1kPf(
                .param .u64 .ptr .global .align 1 a,
                .param .u64 .ptr .align 1 b,
                .param .align 8 .b8 c[24]
            )
            .maxntid 128, 1, 1
            .reqntid 128
            .minnctapersm 2
            .pragma "nounroll";
            { ret; }
            """).Functions[0];
        Assert.True(kernel.IsEntry);
        Assert.Equal([new PointerSyntax(StateSpace.Global, 1), new PointerSyntax(StateSpace.Generic, 1), null], kernel.Parameters.Select(parameter => parameter.Pointer));
        Assert.Equal(24, kernel.Parameters[2].ByteLength);
        Assert.Equal(["maxntid", "reqntid", "minnctapersm", "pragma"], kernel.Directives.Select(directive => directive.Name));
        Assert.Equal([128, 1, 1], kernel.Directives[0].Values);
    }

    [Fact]
    public void Functions_have_results_prototypes_and_linkage()
    {
        IReadOnlyList<FunctionSyntax> functions = Accept("""
            .func (.param .align 8 .b8 func_retval0[16]) f(.param .b32 a);
            .func (.param .align 8 .b8 func_retval0[16]) f(.param .b32 a);
            .func (.param .align 8 .b8 func_retval0[16]) f(.param .b32 a) { ret; }
            .visible .func g() { ret; }
            .weak .func h { ret; }
            .extern .func __assertfail(.param .b64 a, .param .b32 b) .noreturn;
            """).Functions;
        Assert.Equal([false, false, true, true, true, false], functions.Select(function => function.Body is not null));
        Assert.Equal([Linkage.Visible, Linkage.Weak, Linkage.Extern], functions.Skip(3).Select(function => function.Linkage));
        Assert.Equal(16, Assert.Single(functions[2].Results).ByteLength);
    }

    [Fact]
    public void Lists_of_targets_and_prototypes_have_names()
    {
        IReadOnlyList<StatementSyntax> body = Body("""
            $L_brx_0: .branchtargets
                A,
                B;
            prototype_3 : .callprototype (.param .b32 _) _ (.param .b32 _, .param .align 4 .b8 _[12]);
            P4: .callprototype _ ();
            C: .calltargets f, g;
            A: B:
            """);
        Assert.Equal(["A", "B"], Assert.IsType<TargetListSyntax>(body[0]).Targets);
        var prototype = Assert.IsType<CallPrototypeSyntax>(body[1]);
        Assert.Equal(("prototype_3", 1, 2), (prototype.Name, prototype.Results.Count, prototype.Parameters.Count));
        Assert.Empty(Assert.IsType<CallPrototypeSyntax>(body[2]).Parameters);
        Assert.True(Assert.IsType<TargetListSyntax>(body[3]).AreFunctions);
        Assert.Equal(["A", "B"], body.Skip(4).Cast<LabelSyntax>().Select(label => label.Name));
    }

    [Fact]
    public void Scopes_nest_and_pragmas_stay()
    {
        IReadOnlyList<StatementSyntax> body = Body("""
            L: .pragma "nounroll";
            { .reg .b32 tmp; { .reg .f32 tmp; } mov.b64 {tmp,%r1},%rd2; }
            { }
            .pragma "used_bytes_mask 0xfff";
            """);
        Assert.Equal(["nounroll"], Assert.IsType<PragmaSyntax>(body[1]).Texts);
        Assert.Equal(3, Assert.IsType<BlockSyntax>(body[2]).Statements.Count);
        Assert.Empty(Assert.IsType<BlockSyntax>(body[3]).Statements);
    }

    [Fact]
    public void What_debuggers_read_is_skipped_wherever_it_stands()
    {
        ModuleSyntax module = Accept("""
            .file 1 "/a/b.cu"
            .entry k()
            {
                .loc 2 216 16, function_name $L__info_string0, inlined_at 1 10 13
                @%p1 bra L;
                .loc 1 2 3
                { .loc 1 4 5 , function_name $L__info_string0+16, inlined_at 1 4 5
                  ret; }
            L:
            $L__tmp0:
                ret;
            $L__func_end0:
            }
            .file 2 "/c.cuh", 123, 456
            .section .debug_abbrev
            {
            .b8 1
            }
            .section .debug_info { .b32 .debug_abbrev .b64 $L__func_begin0 .b8 1,2 }
            .section .debug_str
            {
            $L__info_string0:
            .b8 97
            }
            @@DWARF .section .debug_line
            """);
        Assert.Equal(6, module.Functions[0].Body!.Statements.Count);
    }
}
