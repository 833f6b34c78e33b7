//! A function's syntax -> MIR.

use super::syntax::*;
use super::unit::{I32, Program, Unit, WORD, WORD_ALIGNMENT, c_string};
use std::collections::HashMap;
use wold::mir::{BlockType, Func, FunctionBuilder, Local, MemArg, Worker, tag};

/// Bytes of the stack frame: where the function that names a value puts pointer and length.
const FRAME_SIZE: u32 = 2 * WORD as u32;

/// Compiles functions of a file.
#[derive(Clone, Copy)]
pub struct Compiler<'p> {
    program: &'p Program,
    unit: &'p Unit,
}

impl<'p> Compiler<'p> {
    pub fn new(program: &'p Program, unit: &'p Unit) -> Self {
        Self { program, unit }
    }
    /// Compiles a function and gives it to `worker`.
    ///
    /// # Errors
    /// The file, the line, what is wrong.
    pub fn function(self, function: &Function, worker: &mut Worker) -> Result<(), String> {
        let fail = |line: u32, error: String| format!("{}: line {line}: {error}", self.unit.name);
        let (func, _) = self.program.function(self.unit, &function.name).map_err(|e| fail(function.line, e))?;
        let mut failed = None;
        let built = worker.func(func, |b| {
            let mut body = Body {
                compiler: self,
                b,
                variables: HashMap::new(),
                frame: None,
                depth: 0,
                breaks: Vec::new(),
                line: function.line,
            };
            if let Err(error) = body.function(function) {
                failed = Some(fail(body.line, error));
                // An open block: the worker takes the function back.
                body.b.block(tag::BLOCK, BlockType::Empty);
            }
        });
        match (failed, built) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(fail(function.line, error.to_string())),
            (None, Ok(())) => Ok(()),
        }
    }
}

/// A function on its way.
struct Body<'p, 'b, 'w> {
    compiler: Compiler<'p>,
    b: &'b mut FunctionBuilder<'w>,
    variables: HashMap<String, Local>,
    /// The caller's stack pointer, and the frame's address.
    frame: Option<(Local, Local)>,
    /// Open blocks.
    depth: u32,
    /// The depth of the block that `break` leaves, for each loop around.
    breaks: Vec<u32>,
    line: u32,
}

impl Body<'_, '_, '_> {
    fn function(&mut self, function: &Function) -> Result<(), String> {
        let parameters = function.parameters.iter().enumerate();
        self.variables = parameters.map(|(index, name)| (name.clone(), Local(index as u32))).collect();
        if has_names(&function.body) {
            let (saved, bottom) = (self.b.local(I32), self.b.local(I32));
            let stack_pointer = self.compiler.unit.module.stack_pointer();
            self.b.frame(stack_pointer, saved, bottom, FRAME_SIZE, WORD_ALIGNMENT);
            self.frame = Some((saved, bottom));
        }
        self.block(&function.body)?;
        self.b.i32_const(0);
        self.give_back();
        Ok(())
    }
    /// Gives the stack frame back.
    fn give_back(&mut self) {
        if let Some((saved, _)) = self.frame {
            let stack_pointer = self.compiler.unit.module.stack_pointer();
            self.b.local_get(saved).global_set_sp(stack_pointer);
        }
    }
    fn open(&mut self, tag: u8) {
        self.b.block(tag, BlockType::Empty);
        self.depth += 1;
    }
    fn close(&mut self) {
        self.b.op(tag::END);
        self.depth -= 1;
    }

    fn block(&mut self, statements: &[Statement]) -> Result<(), String> {
        statements.iter().try_for_each(|statement| {
            self.line = statement.line;
            self.b.dbg_line(statement.line, 0);
            self.statement(&statement.kind)
        })
    }
    fn statement(&mut self, statement: &StatementKind) -> Result<(), String> {
        match statement {
            StatementKind::Let(name, value) => {
                self.expression(value)?;
                let local = self.b.local(I32);
                self.variables.insert(name.clone(), local);
                self.b.local_set(local);
            }
            StatementKind::Set(name, value) => {
                self.expression(value)?;
                let local = *self.variables.get(name).ok_or_else(|| format!("there is no variable {name}"))?;
                self.b.local_set(local);
            }
            StatementKind::Store(array, index, value) => {
                self.element(array, index)?;
                self.expression(value)?;
                self.b.memory(tag::I32_STORE, MemArg::new(0, WORD_ALIGNMENT));
            }
            StatementKind::If(condition, then, otherwise) => {
                self.expression(condition)?;
                self.open(tag::IF);
                self.block(then)?;
                if !otherwise.is_empty() {
                    self.b.op(tag::ELSE);
                    self.block(otherwise)?;
                }
                self.close();
            }
            StatementKind::While(condition, body) => self.repeat(condition, body)?,
            StatementKind::Break => {
                let target = self.breaks.last().ok_or("break outside of a loop")?;
                self.b.branch(tag::BR, self.depth - target);
            }
            StatementKind::Return(value) => {
                match value {
                    Some(value) => self.expression(value)?,
                    None => _ = self.b.i32_const(0),
                }
                self.give_back();
                self.b.ret();
            }
            StatementKind::Print(items) => items.iter().try_for_each(|item| self.print(item))?,
            StatementKind::Expression(expression) => {
                self.expression(expression)?;
                self.b.op(tag::DROP);
            }
        }
        Ok(())
    }
    fn repeat(&mut self, condition: &Expression, body: &[Statement]) -> Result<(), String> {
        self.open(tag::BLOCK);
        self.breaks.push(self.depth);
        self.open(tag::LOOP);
        self.expression(condition)?;
        self.b.op(tag::I32_EQZ).branch(tag::BR_IF, 1);
        self.block(body)?;
        self.b.branch(tag::BR, 0);
        self.close();
        self.breaks.pop();
        self.close();
        Ok(())
    }
    /// Strings and names go to C's `fwrite`, numbers to the prelude.
    fn print(&mut self, item: &Item) -> Result<(), String> {
        let word = |at: u64| MemArg::new(at, WORD_ALIGNMENT);
        match item {
            Item::Text(text) => {
                let value = self.b.unnamed(text.as_bytes(), 0, &[]);
                self.b.uav_ref(value, 0).i32_const(1).i32_const(text.len() as i32);
            }
            Item::Number(value) => {
                self.expression(value)?;
                let (print, _) = self.compiler.program.function(self.compiler.unit, "print_number")?;
                self.b.call(print).op(tag::DROP);
                return Ok(());
            }
            Item::Name(name, value) => {
                let namer = self.compiler.program.namer(self.compiler.unit, name)?;
                let (_, bottom) = self.frame.ok_or("no frame")?;
                self.b.local_get(bottom);
                self.expression(value)?;
                self.b.call_tag_name(namer);
                self.b.local_get(bottom).memory(tag::I32_LOAD, word(0)).i32_const(1);
                self.b.local_get(bottom).memory(tag::I32_LOAD, word(WORD as u64));
            }
        }
        let unit = self.compiler.unit;
        let (stdout, fwrite) = (unit.c_data("stdout"), unit.c_function("fwrite", 4));
        self.b.address(stdout, 0).memory(tag::I32_LOAD, word(0)).call_intrinsic(fwrite).op(tag::DROP);
        Ok(())
    }

    fn expression(&mut self, expression: &Expression) -> Result<(), String> {
        let Compiler { program, unit } = self.compiler;
        match expression {
            Expression::Number(number) => _ = self.b.i32_const(*number),
            Expression::Text(text) => {
                let value = self.b.unnamed(&c_string(text), 0, &[]);
                self.b.uav_ref(value, 0);
            }
            Expression::Name(name) => match self.variables.get(name) {
                Some(&local) => _ = self.b.local_get(local),
                None => _ = self.b.address(program.data(unit, name)?, 0),
            },
            Expression::Address(name) => _ = self.b.func_ref(program.function(unit, name)?.0),
            Expression::Call(name, arguments) => self.call(name, arguments)?,
            Expression::Index(array, index) => {
                self.element(array, index)?;
                self.b.memory(tag::I32_LOAD, MemArg::new(0, WORD_ALIGNMENT));
            }
            Expression::Unary("!", value) => {
                self.expression(value)?;
                self.b.op(tag::I32_EQZ);
            }
            Expression::Unary(_, value) => {
                self.b.i32_const(0);
                self.expression(value)?;
                self.b.op(tag::I32_SUB);
            }
            Expression::Binary(operator @ ("&&" | "||"), left, right) => self.either(operator, left, right)?,
            Expression::Binary(operator, left, right) => {
                self.expression(left)?;
                self.expression(right)?;
                self.b.op(instruction(operator));
            }
        }
        Ok(())
    }
    /// `&&` and `||` look at their right side only if the left one does not decide.
    fn either(&mut self, operator: &str, left: &Expression, right: &Expression) -> Result<(), String> {
        self.expression(left)?;
        self.b.block(tag::IF, BlockType::Value(I32));
        self.depth += 1;
        let truth = |body: &mut Self| {
            body.expression(right)?;
            body.b.i32_const(0).op(tag::I32_NE);
            Ok::<(), String>(())
        };
        match operator {
            "&&" => {
                truth(self)?;
                self.b.op(tag::ELSE).i32_const(0);
            }
            _ => {
                self.b.i32_const(1).op(tag::ELSE);
                truth(self)?;
            }
        }
        self.close();
        Ok(())
    }
    /// `array` takes memory; what a variable holds is called through the table; the rest is called by its name.
    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<(), String> {
        let Compiler { program, unit } = self.compiler;
        arguments.iter().try_for_each(|argument| self.expression(argument))?;
        let count = arguments.len();
        if let Some(&local) = self.variables.get(name) {
            let table = unit.module.indirect_table();
            self.b.local_get(local).call_indirect(tag::CALL_INDIRECT, unit.function_type(count), Some(table));
            return Ok(());
        }
        if (name, count) == ("array", 1) {
            let malloc: Func = unit.c_function("malloc", 1);
            self.b.i32_const(WORD as i32).op(tag::I32_MUL).call_intrinsic(malloc);
            return Ok(());
        }
        let (func, parameters) = program.function(unit, name)?;
        if parameters != count {
            return Err(format!("{name} takes {parameters} arguments, not {count}"));
        }
        self.b.call(func);
        Ok(())
    }
    /// The address of an element.
    fn element(&mut self, array: &Expression, index: &Expression) -> Result<(), String> {
        self.expression(array)?;
        self.expression(index)?;
        self.b.i32_const(WORD as i32).op(tag::I32_MUL).op(tag::I32_ADD);
        Ok(())
    }
}

fn instruction(operator: &str) -> u8 {
    match operator {
        "==" => tag::I32_EQ,
        "!=" => tag::I32_NE,
        "<=" => tag::I32_LE_S,
        ">=" => tag::I32_GE_S,
        "<" => tag::I32_LT_S,
        ">" => tag::I32_GT_S,
        "+" => tag::I32_ADD,
        "-" => tag::I32_SUB,
        "*" => tag::I32_MUL,
        "/" => tag::I32_DIV_S,
        _ => tag::I32_REM_S,
    }
}

fn has_names(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::If(_, then, otherwise) => has_names(then) || has_names(otherwise),
        StatementKind::While(_, body) => has_names(body),
        StatementKind::Print(items) => items.iter().any(|item| matches!(item, Item::Name(..))),
        _ => false,
    })
}
